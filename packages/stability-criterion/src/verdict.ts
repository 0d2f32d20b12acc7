import { noiseStructure, type GramSystem } from "@sgdscope/noise-structure";
import { escapeRateLowerBound } from "./bounds/alignment.js";
import type { Bound } from "./bounds/bound.js";
import { expectPositive } from "./errors.js";
import { spectralRadius, type SpectralRadius } from "./growth/spectral-radius.js";
import { prepareMinimum, type PreparedMinimum } from "./minimum.js";
import { weightsFor, type Batches, type Sampling } from "./sampling.js";
import { exactThreshold, type ExactThreshold, type SolverOptions } from "./threshold/exact.js";
import { criticalLearningRates } from "./threshold/table.js";

/** A bound with its judgement of one learning rate. */
export interface JudgedBound extends Bound {
  /** `η/η_bound`, at most 1 where the bound is kept. */
  ratio: number;
  satisfied: boolean;
  /** The native limit at this learning rate, for a bound that limits a curvature. */
  limit?: number;
}

/** Whether linearised SGD can stay at a minimum, and everything that supports the answer. */
export interface StabilityVerdict {
  /** `marginal` when η and η* agree within the tolerance. */
  verdict: "stable" | "unstable" | "marginal";
  learningRate: number;
  batchSize: number;
  sampling: Sampling;
  /** The sampling factor p. */
  samplingFactor: number;
  /** η*, exact. */
  criticalLearningRate: number;
  /** `η/η*`. */
  ratio: number;
  threshold: ExactThreshold;
  growth: SpectralRadius;
  /** `ρ(Q)`: factor of the expected loss per step in the long run. */
  growthPerStep: number;
  /** `γ` with `E L_t ≥ γᵗL₀` from the alignment theorem; says something above 1. */
  escapeRateLowerBound: number;
  /** `‖G‖_F`, which the alignment theorem limits. */
  frobeniusG: number;
  /** `1/(η√(pμ))`, with replacement `√(B/μ)/η`, at the measured μ; undefined where μ is (loss below 1e-20). */
  frobeniusLimit: number | undefined;
  /** μ at the residuals of the system; for Bernoulli batches the uncentred μ₁. */
  alignmentFactor: number | undefined;
  /** μ₀, the smallest μ (or μ₁) over realizable residuals. */
  worstCaseAlignmentFactor: number;
  /** The exact threshold first, then all bounds that apply. */
  bounds: JudgedBound[];
}

/**
 * Decides whether SGD at this learning rate and batch size can stay at a minimum: the exact mean-square threshold, the
 * growth per step, and every bound beside it.
 *
 * The verdict is about the model linearised at the minimum, in mean square. Single paths can look stable well above the
 * threshold; and before a global minimum is reached (the loss is not near zero) the theory does not speak.
 *
 * @param system - A Gram system, or a prepared minimum to share the eigendecomposition among many verdicts.
 * @param options.learningRate - η for the loss `(1/2n)Σ‖f − y‖²`.
 * @param options.marginalTolerance - Relative distance of η and η* that counts as equal. Default 1e-9.
 * @throws StabilityError as `samplingFactor` and `prepareMinimum`; INVALID_ARGUMENT for a bad learning rate.
 */
export function stabilityVerdict(
  system: GramSystem | PreparedMinimum,
  options: Batches & SolverOptions & { learningRate: number; marginalTolerance?: number },
): StabilityVerdict {
  const { learningRate, marginalTolerance = 1e-9 } = options;
  expectPositive("stabilityVerdict", "options.learningRate", learningRate);
  expectPositive("stabilityVerdict", "options.marginalTolerance", marginalTolerance);
  const minimum = prepareMinimum(system, options);
  const weights = weightsFor("stabilityVerdict", minimum.examples, options);
  const bernoulli = weights.sampling === "bernoulli";
  const threshold = exactThreshold(minimum, options);
  const growth = spectralRadius(minimum, learningRate, options);
  const structure = noiseStructure(minimum.system, { spectrum: minimum.spectrum });
  const alignmentFactor = bernoulli ? structure.uncentredAlignmentFactor : structure.alignmentFactor;
  const range = minimum.alignmentRange();
  const ratio = learningRate / threshold.criticalLearningRate;
  return {
    verdict: Math.abs(ratio - 1) <= marginalTolerance ? "marginal" : ratio < 1 ? "stable" : "unstable",
    learningRate,
    batchSize: weights.batchSize,
    sampling: weights.sampling,
    samplingFactor: weights.noise,
    criticalLearningRate: threshold.criticalLearningRate,
    ratio,
    threshold,
    growth,
    growthPerStep: growth.spectralRadius,
    escapeRateLowerBound: escapeRateLowerBound(minimum, learningRate, options),
    frobeniusG: structure.frobeniusG,
    frobeniusLimit:
      alignmentFactor === undefined ? undefined : 1 / (learningRate * Math.sqrt(weights.noise * alignmentFactor)),
    alignmentFactor,
    worstCaseAlignmentFactor: bernoulli ? range.uncentredInfimum : range.infimum,
    bounds: criticalLearningRates(minimum, { ...options, threshold }).map((bound) => judge(bound, learningRate)),
  };
}

function judge(bound: Bound, learningRate: number): JudgedBound {
  const ratio = learningRate / bound.criticalLearningRate;
  const judged = { ...bound, ratio, satisfied: ratio <= 1 };
  return bound.curvature === undefined
    ? judged
    : { ...judged, limit: bound.curvature.limitTimesLearningRate / learningRate };
}
