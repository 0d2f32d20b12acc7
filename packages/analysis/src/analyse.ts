import { timesPowerOfTwo } from "@sgdscope/linear-algebra";
import { SMALLEST_LOSS, type NoiseStructure } from "@sgdscope/noise-structure";
import {
  alignmentFactorFor,
  criticalLearningRates,
  escapeRateLowerBound,
  exactThreshold,
  worstCaseAlignmentFactorFor,
  type Bound,
  type BoundId,
  type PreparedMinimum,
  type SolverOptions,
} from "@sgdscope/stability-criterion";
import {
  decoupledOptimizerThreshold,
  isPlainSgd,
  meanEdge,
  optimizerGrowth,
  optimizerThreshold,
} from "@sgdscope/stability-criterion/optimizers";
import type { BoundJudgement, ConditionAnalysis, MinimumAnalysis, OutputLossAnalysis, Verdict } from "./analysis.js";
import { decideConditions, type Conditions, type ConditionsRequest } from "./conditions.js";
import { AnalysisError } from "./errors.js";
import { lossMarks } from "./loss-marks.js";
import { rankToleranceOf, type LossAtPoint, type Minimum } from "./minimum.js";
import {
  boundFromUnits,
  LARGEST_EDGE_RATIO,
  noiseInUnits,
  optimizerInUnits,
  prepareInUnits,
  type MinimumInUnits,
} from "./units.js";

/** A minimum; a prepared one may stand in the place of its system, to share its eigendecomposition. */
export type AnalysableMinimum = Omit<Minimum, "system"> & {
  system: Minimum["system"] | PreparedMinimum;
  /** The `unit` of a prepared minimum that `prepareInUnits` made; default 0. */
  unit?: number;
};

/** What is asked, how exactly, and who wants to know how far it is. */
export interface AnalyseOptions extends ConditionsRequest {
  /** The solver of thresholds, by default to 1e-12, and growth, by default to 1e-10; its rank tolerance is that of the minimum. */
  solver?: Omit<SolverOptions, "rankTolerance">;
  /** Relative distance of η and η* that counts as equal. Default 1e-9. */
  marginalTolerance?: number;
  /**
   * `"verdict"` leaves out what costs most and no verdict needs: the range of the alignment and what rests on it, and all bounds.
   * Default `"whole"`.
   */
  extent?: "whole" | "verdict";
  /** What is about to be computed, and how much of the whole is behind, in [0, 1]. */
  onProgress?: (fraction: number, stage: string) => void;
  /** Ends the analysis between two stages with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Everything the theory says of a minimum: spectrum, noise structure, range of the alignment; and for each batch size the exact
 * threshold and every bound; with a learning rate the growth and the verdict. Each number is computed once.
 *
 * The verdict is about the model linearised at the minimum, in mean square. Single paths can look stable well above the
 * threshold; before a global minimum is reached the theory does not speak, and the record is marked.
 *
 * @param minimum - See `Minimum`; sources make them.
 * @param options - Batch sizes, sampling and learning rate; see {@link decideConditions} for what is left out.
 * @returns Plain data but for Float64Arrays; `analysisDocument` makes JSON of it. Cost two eigendecompositions of `nC`, one
 *   exact threshold and one set of bounds per batch size, and with a learning rate one growth rate; the event loop is let
 *   through between these.
 * @throws AnalysisError as {@link decideConditions}; the errors of noise-structure and stability-criterion.
 */
export async function analyse(minimum: AnalysableMinimum, options: AnalyseOptions = {}): Promise<MinimumAnalysis> {
  const stages = analysisStages(minimum, options);
  for (;;) {
    const { done, value } = stages.next();
    if (done === true) return value;
    options.onProgress?.(value.fraction, value.stage);
    await new Promise((resolve) => setTimeout(resolve, 0));
    options.signal?.throwIfAborted();
  }
}

/** As {@link analyse}, in one go: for small systems, and where nothing can wait. */
export function analyseSync(
  minimum: AnalysableMinimum,
  options: Omit<AnalyseOptions, "onProgress" | "signal"> = {},
): MinimumAnalysis {
  const stages = analysisStages(minimum, options);
  for (;;) {
    const { done, value } = stages.next();
    if (done === true) return value;
  }
}

/** Relative accuracy of ρ(Q), unless a solver is given. The verdict rests on η* alone. */
const GROWTH = 1e-10;

type Stage = { fraction: number; stage: string };

function* analysisStages(minimum: AnalysableMinimum, options: AnalyseOptions): Generator<Stage, MinimumAnalysis> {
  const { name, loss, precision, preconditioned, backend, reached, hessianDistance } = minimum;
  const atPoint = lossAtPointOf(minimum);
  const rankTolerance = rankToleranceOf(minimum);
  const conditions = decideConditions(minimum, options);
  const share = 1 / (conditions.length + 1);
  yield { fraction: 0, stage: "eigenvalues" };
  const { system, unit = 0 } = minimum;
  const inUnits = "spectrum" in system ? { prepared: system, unit } : prepareInUnits({ ...minimum, system });
  const { prepared } = inUnits;
  const { examples, outputs, rank } = prepared;
  yield { fraction: share / 2, stage: "noise structure" };
  const noise = noiseInUnits(inUnits, 10);
  const floor = lossMarks(minimum, prepared);
  const alignmentRange = options.extent === "verdict" ? undefined : prepared.alignmentRange();
  const analyses: ConditionAnalysis[] = [];
  for (const [k, each] of conditions.entries())
    analyses.push(
      yield* conditionStages(inUnits, { ...each, marks: [...each.marks, ...floor] }, options, (k + 1) * share, share),
    );
  return {
    minimum: {
      name,
      examples,
      outputs,
      rank,
      rankTolerance,
      loss,
      precision,
      ...(preconditioned === true ? { preconditioned } : {}),
      ...(backend === undefined ? {} : { backend }),
      ...(reached === undefined ? {} : { reached }),
      ...(hessianDistance === undefined ? {} : { hessianDistance }),
    },
    noise,
    outputLoss: atPoint === undefined ? undefined : bothScales(atPoint, noise),
    alignmentRange,
    conditions: analyses,
  };
}

/** What the loss says of the point beside its system; refused where only one of the two says that it is not square. */
function lossAtPointOf({ loss, lossAtPoint }: AnalysableMinimum): LossAtPoint | undefined {
  if ((loss === "square") === (lossAtPoint === undefined)) return lossAtPoint;
  throw new AnalysisError(
    "INVALID_ARGUMENT",
    "loss",
    lossAtPoint === undefined
      ? `expected lossAtPoint with L and m of the ${loss} loss beside its system, got none`
      : `expected the name of a loss that is not square beside lossAtPoint, got square`,
  );
}

/** μ on both scales: with m, and with 2L. */
const bothScales = (atPoint: LossAtPoint, { alignmentFactor }: NoiseStructure): OutputLossAnalysis => ({
  ...atPoint,
  alignmentFactor,
  alignmentFactorOfLoss:
    alignmentFactor === undefined || !(atPoint.loss > SMALLEST_LOSS)
      ? undefined
      : (alignmentFactor * atPoint.naturalScale) / (2 * atPoint.loss),
});

function* conditionStages(
  { prepared, unit }: MinimumInUnits,
  { batchSize, sampling, weights, optimizer, learningRate, marks }: Conditions,
  { solver = {}, marginalTolerance = 1e-9, extent = "whole" }: AnalyseOptions,
  from: number,
  share: number,
): Generator<Stage, ConditionAnalysis> {
  const batches = { batchSize, sampling, ...solver };
  const stage = (part: number, what: string): Stage => ({
    fraction: from + part * share,
    stage: `${what}, B = ${batchSize}`,
  });
  yield stage(0, "exact threshold");
  const isPlain = isPlainSgd(optimizer);
  const judged = { ...batches, optimizer: optimizerInUnits(optimizer, unit) };
  const exact = optimizerThreshold(prepared, judged);
  yield stage(0.5, "bounds");
  const whole = extent === "whole";
  const bounds = whole
    ? criticalLearningRates(prepared, {
        ...batches,
        threshold: isPlain ? exact : exactThreshold(prepared, batches),
      })
    : [];
  const alignmentFactor = alignmentFactorFor(prepared, weights);
  let verdict: Verdict | undefined;
  if (learningRate !== undefined) {
    yield stage(0.7, "growth rate");
    const scaled = timesPowerOfTwo(learningRate, unit);
    const edgeRatio = scaled / exact.criticalLearningRate;
    if (!(edgeRatio < LARGEST_EDGE_RATIO && edgeRatio > 1 / LARGEST_EDGE_RATIO))
      throw new AnalysisError(
        "INVALID_ARGUMENT",
        "learningRate",
        `expected within a factor of ${LARGEST_EDGE_RATIO} of the critical one, ${timesPowerOfTwo(exact.criticalLearningRate, -unit)} at B = ${batchSize}, got ${learningRate}`,
      );
    verdict = {
      verdict: Math.abs(edgeRatio - 1) <= marginalTolerance ? "marginal" : edgeRatio < 1 ? "stable" : "unstable",
      learningRate,
      edgeRatio,
      growth: withoutMode(optimizerGrowth(prepared, scaled, { tolerance: GROWTH, ...judged, guess: exact.mode })),
      escapeRateLowerBound: whole && isPlain ? escapeRateLowerBound(prepared, scaled, batches) : undefined,
      frobeniusLimit:
        alignmentFactor === undefined || !isPlain
          ? undefined
          : timesPowerOfTwo(1 / (scaled * Math.sqrt(weights.noise * alignmentFactor)), unit),
      bounds: bounds.map((bound) => judge(bound, scaled, unit)),
    };
  }
  return {
    batchSize,
    sampling,
    samplingFactor: weights.noise,
    alignmentFactor,
    worstCaseAlignmentFactor: whole ? worstCaseAlignmentFactorFor(prepared, weights) : undefined,
    optimizer,
    threshold: {
      ...withoutMode(exact),
      criticalLearningRate: timesPowerOfTwo(exact.criticalLearningRate, -unit),
    },
    decoupledCriticalLearningRate:
      sampling === "bernoulli" ? undefined : timesPowerOfTwo(decoupledOptimizerThreshold(prepared, judged), -unit),
    meanEdge: timesPowerOfTwo(meanEdge(judged.optimizer, prepared.eigenvalues[0]!), -unit),
    bounds: unit === 0 ? bounds : bounds.map((bound) => boundFromUnits(bound, unit)),
    verdict,
    marks,
  };
}

/** The modes are matrices as large as K. */
const withoutMode = <T extends { mode: unknown }>({ mode: _, ...rest }: T): Omit<T, "mode"> => rest;

function judge(
  { id, criticalLearningRate, curvature }: Bound<BoundId>,
  learningRate: number,
  unit: number,
): BoundJudgement {
  const ratio = learningRate / criticalLearningRate;
  return {
    id,
    ratio,
    satisfied: ratio <= 1,
    ...(curvature === undefined
      ? {}
      : { limit: timesPowerOfTwo(curvature.limitTimesLearningRate / learningRate, unit) }),
  };
}
