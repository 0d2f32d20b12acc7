import { expectPositive } from "../errors.js";
import { noiseStructureAt, type PreparedMinimum } from "../minimum.js";
import { weightsFor, type Batches, type SamplingWeights } from "../sampling.js";
import { defineBound, limitOf } from "./bound.js";

const SOURCE = "Wu, Wang & Su (2022), arXiv:2207.02628, Theorem 3.3";

/** The least alignment factor over realizable residuals that belongs to a way of sampling: μ₀, for Bernoulli batches that of μ₁. */
export const worstCaseAlignmentFactorFor = (minimum: PreparedMinimum, { sampling }: SamplingWeights): number =>
  sampling === "bernoulli" ? minimum.alignmentRange().uncentredInfimum : minimum.alignmentRange().infimum;

/**
 * The alignment theorem with the worst-case factor: a linearly stable minimum has `‖H‖_F ≤ 1/(η√(pμ₀))`, with
 * replacement `√(B/μ₀)/η`, where `μ ≥ μ₀` for all realizable residuals.
 *
 * The statement is recalled from Wu, Wang & Su (2022), its proof and the computable `μ₀` are derived here. Rigorous but
 * loose: typically ten times above the exact threshold. For Bernoulli batches the noise is Σ₁, and `μ₀` that of `μ₁`.
 */
export const worstCaseAlignmentBound = defineBound(
  {
    id: "alignment-worst-case",
    label: "alignment, worst case",
    kind: "necessary",
    assumptions:
      "Linearised model at a global minimum; noise no weaker than its smallest alignment with H over realizable residuals.",
    source: `${SOURCE}; worst-case alignment factor derived here`,
    evidence: "derived here",
    diagram: true,
  },
  (minimum, weights) => alignmentLimit(minimum, weights, worstCaseAlignmentFactorFor(minimum, weights)),
);

/**
 * The alignment theorem with the factor measured at the residuals of the system: `√(B/μ)/η`, the line that figures call
 * predicted. A heuristic: false as a theorem, since μ varies over residuals. Undefined where μ is (loss below 1e-20).
 */
export const measuredAlignmentBound = defineBound(
  {
    id: "alignment-measured",
    label: "alignment, measured",
    kind: "idealised",
    assumptions: "The alignment measured at the given residuals stands for every residual that SGD will visit.",
    source: SOURCE,
    evidence: "recalled",
    diagram: true,
  },
  (minimum, weights) => {
    const factor = alignmentFactorFor(minimum, weights);
    return factor === undefined ? undefined : alignmentLimit(minimum, weights, factor);
  },
);

/** The measured alignment factor that belongs to a way of sampling: μ, for Bernoulli batches μ₁. */
export function alignmentFactorFor(minimum: PreparedMinimum, { sampling }: SamplingWeights): number | undefined {
  const { alignmentFactor, uncentredAlignmentFactor } = noiseStructureAt(minimum);
  return sampling === "bernoulli" ? uncentredAlignmentFactor : alignmentFactor;
}

const alignmentLimit = ({ frobeniusG }: PreparedMinimum, { noise }: SamplingWeights, factor: number) =>
  limitOf("‖H‖_F", frobeniusG, noise * factor > 0 ? 1 / Math.sqrt(noise * factor) : Infinity);

/**
 * The lower bound of the growth of the expected loss per step, `E L_t ≥ γᵗ L₀` with `γ = η²pμ₀‖H‖_F²`.
 * Above 1 SGD escapes exponentially. The theorem of {@link worstCaseAlignmentBound}; the proof is the one-step identity
 * with its first term, which is never negative, left out.
 *
 * @param learningRate - η.
 * @throws StabilityError as `samplingFactor`; INVALID_ARGUMENT for a learning rate that is not positive.
 */
export function escapeRateLowerBound(minimum: PreparedMinimum, learningRate: number, batches: Batches): number {
  expectPositive("escapeRateLowerBound", "learningRate", learningRate);
  const weights = weightsFor("escapeRateLowerBound", minimum.examples, batches);
  return learningRate ** 2 * weights.noise * worstCaseAlignmentFactorFor(minimum, weights) * minimum.powerTraces[1];
}

/**
 * The alignment theorem without centring: `η ≤ [λ₁ + √(λ₁² + μ₁‖H‖_F²(1/p − 1))]/(μ₁‖H‖_F²)` with the worst-case
 * uncentred factor `μ₁` over realizable residuals. Derived here, from the view of a step as a single-example step with
 * probability p and a full-batch step otherwise. Undefined for Bernoulli batches, where the worst case bound says it all.
 */
export const uncentredAlignmentBound = defineBound(
  {
    id: "alignment-uncentred",
    label: "alignment, uncentred",
    kind: "necessary",
    assumptions:
      "Linearised model at a global minimum; uncentred noise no weaker than its smallest alignment with H over realizable residuals.",
    source: "derived here",
    evidence: "derived here",
  },
  (minimum, { sampling, noise }) => {
    if (sampling === "bernoulli") return undefined;
    const largest = minimum.eigenvalues[0]!;
    const s = minimum.alignmentRange().uncentredInfimum * minimum.powerTraces[1];
    return {
      criticalLearningRate: noise * s > 0 ? (largest + Math.sqrt(largest ** 2 + s * (1 / noise - 1))) / s : Infinity,
    };
  },
);
