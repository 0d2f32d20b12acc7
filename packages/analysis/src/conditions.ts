import { samplingWeights, type Sampling, type SamplingWeights } from "@sgdscope/stability-criterion";
import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { AnalysisError } from "./errors.js";
import { mark, type Mark, type MarkId } from "./marks.js";
import type { Minimum } from "./minimum.js";

/** What is asked of a minimum; everything left out is taken from how the minimum was reached. */
export interface ConditionsRequest {
  /** Default the batch size of the training, at most n, else 1. */
  batchSizes?: readonly number[];
  /** Default that of the training, else `"without-replacement"`. */
  sampling?: Sampling;
  /** η to judge; default that of the training, else none. */
  learningRate?: number;
  /** Default that of the training, else plain SGD. */
  optimizer?: Optimizer;
}

/** One way of training that a minimum is judged for. */
export interface Conditions {
  batchSize: number;
  /** The sampling whose theory judges. */
  sampling: Sampling;
  /** The two weights with which a batch enters second moments; its `noise` is the sampling factor p. */
  weights: SamplingWeights;
  optimizer: Optimizer;
  /** η; undefined where none is judged. */
  learningRate: number | undefined;
  /** Where the training steps outside the hypotheses of the theorem. */
  marks: readonly Mark[];
}

/** What of a minimum decides its conditions. */
export type JudgedMinimum = Pick<Minimum, "reached" | "regularized" | "preconditioned"> & {
  system: { examples: number };
};

/** Optimizers with a mark of their own, by what people call them. */
const marksOfOptimizers: Record<string, MarkId> = { SAM: "sam", IRE: "ire" };

/**
 * The conditions under which a minimum is judged, one per batch size; nobody else decides them.
 *
 * - Batches are at most n.
 * - `"epoch-shuffle"` has no theory: asked for, it is refused; as the way a training drew its batches, it is judged as batches
 *   without replacement, and marked.
 * - A training with momentum or weight decay is judged by the exact theory of its optimizer; under weight decay the point is a
 *   minimum of the loss and a penalty, and marked.
 * - A training with another optimizer (`reached.unjudged`) is judged as plain SGD, and marked.
 * - A training with active clipping is judged as one without, one that had not reached its goal as if it had; both are marked.
 * - Weight decay beside a preconditioner has no theory here, and is refused.
 * - Bernoulli batches have noise that is not centred; what depends on it (μ₁ in the place of μ) follows from `sampling`.
 *
 * @throws AnalysisError BATCH_TOO_LARGE, EPOCH_SHUFFLE_HAS_NO_THEORY, INVALID_ARGUMENT.
 */
export function decideConditions(minimum: JudgedMinimum, request: ConditionsRequest = {}): Conditions[] {
  const { examples } = minimum.system;
  const { reached } = minimum;
  const marks: Mark[] = reached?.converged === false ? [mark("not-converged")] : [];
  const sampling = samplingOf(minimum, request, marks);
  const optimizer = request.optimizer ?? reached?.optimizer ?? { kind: "sgd" };
  if (minimum.preconditioned === true && (optimizer.weightDecay ?? 0) > 0)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "weightDecay",
      "expected none beside a preconditioner, which would scale it differently for each parameter",
      "leave one of them out",
    );
  const learningRate = learningRateOf(minimum, request);
  if (request.optimizer === undefined && reached?.unjudged !== undefined)
    marks.push(mark(marksOfOptimizers[reached.unjudged] ?? "optimizer"));
  if ((optimizer.weightDecay ?? 0) > 0) marks.push(mark("weight-decay"));
  if (reached?.clipped === true) marks.push(mark("clipping"));
  if (minimum.regularized === true) marks.push(mark("regularizers"));
  const batchSizes = request.batchSizes ?? [Math.min(reached?.batchSize ?? 1, examples)];
  if (batchSizes.length === 0)
    throw new AnalysisError("INVALID_ARGUMENT", "batchSizes", "expected at least one, got none");
  return batchSizes.map((batchSize) => {
    expectBatch(batchSize, examples, sampling);
    return {
      batchSize,
      sampling,
      weights: samplingWeights(examples, { batchSize, sampling }),
      optimizer,
      learningRate,
      marks,
    };
  });
}

function samplingOf({ reached }: JudgedMinimum, { sampling }: ConditionsRequest, marks: Mark[]): Sampling {
  if (sampling === "epoch-shuffle")
    throw new AnalysisError(
      "EPOCH_SHUFFLE_HAS_NO_THEORY",
      "sampling",
      "epoch-shuffle has no stability theory: batches of one epoch depend on each other",
      "without-replacement is the nearest model that has one",
    );
  if (sampling !== undefined) return sampling;
  if (reached?.sampling !== "epoch-shuffle") return reached?.sampling ?? "without-replacement";
  marks.push(mark("epoch-shuffle"));
  return "without-replacement";
}

function learningRateOf({ reached }: JudgedMinimum, { learningRate }: ConditionsRequest): number | undefined {
  const rate = learningRate ?? reached?.learningRate;
  if (rate !== undefined && !(rate > 0 && Number.isFinite(rate)))
    throw new AnalysisError("INVALID_ARGUMENT", "learningRate", `expected a positive number, got ${rate}`);
  return rate;
}

function expectBatch(batchSize: number, examples: number, sampling: Sampling): void {
  if (sampling === "bernoulli" ? !(batchSize > 0) : !Number.isSafeInteger(batchSize) || batchSize < 1)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "batchSizes",
      `expected ${sampling === "bernoulli" ? "positive numbers" : "whole numbers from 1 up"}, got ${batchSize}`,
    );
  if (batchSize > examples)
    throw new AnalysisError(
      "BATCH_TOO_LARGE",
      "batchSizes",
      `expected at most ${examples}, the number of examples, got ${batchSize}`,
    );
}
