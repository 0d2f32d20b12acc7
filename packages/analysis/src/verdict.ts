import { timesPowerOfTwo } from "@sgdscope/linear-algebra";
import type { GramSystem } from "@sgdscope/noise-structure";
import type { Batches, Bound, BoundId, PreparedMinimum, SolverOptions } from "@sgdscope/stability-criterion";
import { meanEdge, optimizerThreshold, type Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { analyseSync } from "./analyse.js";
import type { BoundJudgement, ConditionAnalysis, Verdict } from "./analysis.js";
import { decideConditions } from "./conditions.js";
import type { Minimum } from "./minimum.js";
import { optimizerInUnits, prepareInUnits } from "./units.js";

/** Whether linearised SGD can stay at a minimum, and everything that supports the answer: one condition of an analysis, flat. */
export interface StabilityVerdict extends Omit<ConditionAnalysis, "verdict" | "bounds">, Omit<Verdict, "bounds"> {
  /** η*, exact. */
  criticalLearningRate: number;
  /** ‖G‖_F, which the alignment theorem limits. */
  frobeniusG: number;
  /** ρ(Q): factor of the expected loss per step in the long run. */
  spectralRadius: number;
  /** The exact threshold first, then all bounds that apply, each with its judgement. */
  bounds: readonly (Bound<BoundId> & BoundJudgement)[];
}

/**
 * Decides whether SGD at this learning rate and batch size can stay at a minimum: the exact mean-square threshold, the
 * growth per step, and every bound beside it. A view of `analyse` for one condition.
 *
 * @param system - A Gram system, or a prepared minimum to share the eigendecomposition among many verdicts.
 * @param options.learningRate - η for the loss `(1/2n)Σ‖f − y‖²`.
 * @param options.optimizer - Momentum or weight decay; default plain SGD.
 * @param options.marginalTolerance - Relative distance of η and η* that counts as equal. Default 1e-9.
 * @throws AnalysisError and the errors of the theory, as `analyse`.
 */
export function stabilityVerdict(
  system: GramSystem | PreparedMinimum,
  options: Batches & SolverOptions & { learningRate: number; optimizer?: Optimizer; marginalTolerance?: number },
): StabilityVerdict {
  const { batchSize, sampling, learningRate, optimizer, marginalTolerance, rankTolerance, ...solver } = options;
  const { noise, conditions } = analyseSync(
    {
      name: "minimum",
      system,
      loss: "square",
      precision: "float64",
      ...(rankTolerance === undefined ? {} : { rankTolerance }),
    },
    {
      batchSizes: [batchSize],
      learningRate,
      solver,
      ...(sampling === undefined ? {} : { sampling }),
      ...(optimizer === undefined ? {} : { optimizer }),
      ...(marginalTolerance === undefined ? {} : { marginalTolerance }),
    },
  );
  const { verdict, bounds, ...condition } = conditions[0]!;
  const { bounds: judgements, ...judged } = verdict!;
  return {
    ...condition,
    ...judged,
    criticalLearningRate: condition.threshold.criticalLearningRate,
    frobeniusG: noise.frobeniusG,
    spectralRadius: judged.growth.spectralRadius,
    bounds: bounds.map((bound, k) => ({ ...bound, ...judgements[k]! })),
  };
}

/** The edges of one point for the conditions of its training. */
export interface Edges {
  /** η*, exact; Infinity where nothing drives the training away. */
  criticalLearningRate: number;
  /** Above this even the mean of the iterates diverges; that of full batches. */
  meanEdge: number;
  /** η/η*. */
  edgeRatio: number;
}

/**
 * The edges of one point alone, without bounds and growth: for a probe along training.
 *
 * @param minimum - One that was reached by a training: its optimizer, learning rate, batch size and sampling judge.
 * @throws RangeError without a learning rate; AnalysisError and the errors of the theory, as `analyse`.
 * @returns Cost one eigendecomposition and one exact threshold.
 */
export function edgesOf(minimum: Minimum): Edges {
  const { optimizer, learningRate, batchSize, sampling } = decideConditions(minimum)[0]!;
  if (learningRate === undefined) throw new RangeError("edgesOf: expected a minimum that a training reached");
  const { prepared, unit } = prepareInUnits(minimum);
  const scaled = optimizerInUnits(optimizer, unit);
  const { criticalLearningRate } = optimizerThreshold(prepared, { batchSize, sampling, optimizer: scaled });
  return {
    criticalLearningRate: timesPowerOfTwo(criticalLearningRate, -unit),
    meanEdge: timesPowerOfTwo(meanEdge(scaled, prepared.eigenvalues[0] ?? 0), -unit),
    edgeRatio: timesPowerOfTwo(learningRate, unit) / criticalLearningRate,
  };
}

/** η/η* of {@link edgesOf}. */
export const edgeRatioOf = (minimum: Minimum): number => edgesOf(minimum).edgeRatio;
