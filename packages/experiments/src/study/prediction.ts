import type { SeededRandom } from "@sgdscope/random";
import { seededRandom } from "@sgdscope/random";
import { train, type StateArray, type Trainee } from "@sgdscope/sgd";
import { exactThreshold, type PreparedMinimum, type Sampling } from "@sgdscope/stability-criterion";
import {
  meanEdge,
  optimizerGrowth,
  optimizerThreshold,
  type Optimizer,
} from "@sgdscope/stability-criterion/optimizers";
import type { TrainingTask } from "@sgdscope/training";
import type { JobHooks } from "./job-hooks.js";
import { perturbed, sharpMinimum, type SharpMinimumRecord } from "./sharp-minimum.js";

/** A way of training that a minimum is asked about. */
export interface Condition {
  optimizer: Optimizer;
  learningRate: number;
  batchSize: number;
  sampling: Sampling;
}

/** What the theory says will happen, before anything is run. */
export interface Prediction extends Condition {
  /** η*(B, β), exact. */
  criticalLearningRate: number;
  /** η/η*. */
  edgeRatio: number;
  /** log ρ: what a step adds to the logarithm of second moments in the long run. */
  growthRate: number;
  predicted: "stays" | "leaves";
  /** η over what rules of thumb would take for the edge: that of full-batch training, that of plain SGD, and it at η/(1 − β). */
  ratios: { fullBatch: number; plainSgd: number; effectiveRate: number };
}

/** What happened. */
export interface Trial extends Prediction {
  part: "trial";
  observed: "stays" | "leaves";
  /** Loss after the parameters were moved off the minimum, where the run began. */
  startLoss: number;
  /** What it was over the least that the targets allow, which is not 0 of smoothed labels. */
  startExcess: number;
  /** The largest excess loss at a check, and the last, over the first. */
  largestRatio: number;
  endRatio: number;
  steps: number;
}

/** How predictions are tried. */
export interface TrialOptions {
  /** How far the parameters are moved off the minimum first, relative to their norm. */
  perturbation: number;
  /** Steps after which a run that has not left is taken to stay. */
  steps: number;
  /** Steps between checks of the loss. */
  every: number;
  /** The run has left once its excess loss is so many times the first. */
  leavesAbove: number;
}

/** How predictions are tried where nothing else is said. */
export const trialDefaults = {
  perturbation: 1e-4,
  steps: 2000,
  every: 20,
  leavesAbove: 100,
} as const satisfies TrialOptions;

/**
 * Whether the optimizer stays at a minimum: the exact criterion, before anything is run.
 *
 * @throws StabilityError as `optimizerThreshold` and `optimizerGrowth`.
 */
export function predict(minimum: PreparedMinimum, condition: Condition): Prediction {
  const { optimizer, learningRate, batchSize, sampling } = condition;
  const batches = { batchSize, sampling };
  const { criticalLearningRate } = optimizerThreshold(minimum, { ...batches, optimizer });
  const plain = exactThreshold(minimum, batches).criticalLearningRate;
  const momentum = optimizer.kind === "sgd" ? 0 : optimizer.momentum;
  const edgeRatio = learningRate / criticalLearningRate;
  return {
    ...condition,
    criticalLearningRate,
    edgeRatio,
    growthRate: optimizerGrowth(minimum, learningRate, { ...batches, optimizer }).growthRate,
    predicted: edgeRatio < 1 ? "stays" : "leaves",
    ratios: {
      fullBatch: learningRate / meanEdge(optimizer, minimum.eigenvalues[0]!),
      plainSgd: learningRate / plain,
      effectiveRate: learningRate / (1 - momentum) / plain,
    },
  };
}

/**
 * Tries a prediction: moves the parameters a little off the minimum and trains on from there, at rest, until the loss has left or the
 * steps are over. What is watched is the excess loss: of smoothed labels the loss itself hardly moves.
 *
 * @param subject - The trainee, which is left where the run ends, and the least loss that its targets allow, default 0.
 * @param at - The parameters at the minimum, as the trainee's `snapshot` gave them.
 */
export async function tryPrediction(
  { trainee, leastLoss = 0 }: { trainee: Trainee; leastLoss?: number },
  at: Record<string, StateArray>,
  prediction: Prediction,
  { perturbation, steps, every, leavesAbove }: TrialOptions,
  random: SeededRandom,
  signal?: AbortSignal,
): Promise<Trial> {
  const { optimizer, learningRate, batchSize, sampling } = prediction;
  await trainee.restore(atRest(perturbed(at, perturbation, random.stream("step"))));
  const startLoss = await trainee.loss();
  const startExcess = startLoss - leastLoss;
  const result = await train(trainee, {
    learningRate,
    batchSize,
    sampling,
    random: random.stream("batches"),
    optimizer,
    maxSteps: steps,
    divergedAbove: leastLoss + leavesAbove * startExcess,
    stop: { lossBelow: Number.MIN_VALUE, every },
    ...(signal === undefined ? {} : { signal }),
  });
  signal?.throwIfAborted();
  const ratioOf = (loss: number): number => (Number.isNaN(loss) ? Infinity : (loss - leastLoss) / startExcess);
  const largestRatio = result.history.reduce((most, { loss }) => Math.max(most, ratioOf(loss)), 0);
  return {
    part: "trial",
    ...prediction,
    observed: largestRatio > leavesAbove ? "leaves" : "stays",
    startLoss,
    startExcess,
    largestRatio,
    endRatio: Math.max(0, ratioOf(result.loss)),
    steps: result.steps,
  };
}

/** A snapshot without its velocity. */
const atRest = (arrays: Record<string, StateArray>): Record<string, StateArray> =>
  Object.fromEntries(Object.entries(arrays).filter(([name]) => !name.startsWith("velocity")));

/** Predictions at a minimum that a training found, each tried. Plain JSON. */
export interface PredictionTask extends TrialOptions {
  /** The training to the minimum. */
  start: TrainingTask;
  /** B = "all" is full-batch training. */
  settings: { batchSize: number | "all"; optimizer: Optimizer }[];
  /** Learning rates, in units of η*(B, β) of each setting. */
  multiples: number[];
}

export type PredictionRecord = SharpMinimumRecord | Trial;

/** The trials among the records of a study. */
export const trialsOf = (records: readonly PredictionRecord[]): Trial[] =>
  records.filter((one) => one.part === "trial");

/** @internal See `study`. */
export async function* predictionStudy(task: PredictionTask, hooks: JobHooks): AsyncGenerator<PredictionRecord> {
  const { start, settings, multiples } = task;
  const { subject, minimum, record, snapshot } = await sharpMinimum(start, { batchSize: 1 }, hooks);
  try {
    if (!subject.leastLoss.attained)
      throw new RangeError(
        `predictionStudy: expected a loss with a minimum that outputs reach, got ${start.loss} of labels as they are, whose curvature vanishes`,
      );
    yield record;
    const random = seededRandom(start.seed);
    let done = 0;
    for (const { batchSize: size, optimizer } of settings)
      for (const multiple of multiples) {
        hooks.progress?.(
          0.5 + (0.5 * done++) / (settings.length * multiples.length),
          `${subject.model}: trial ${done}`,
        );
        const batches = {
          batchSize: size === "all" ? subject.examples : size,
          sampling: "without-replacement" as const,
        };
        const { criticalLearningRate } = optimizerThreshold(minimum, { ...batches, optimizer });
        const prediction = predict(minimum, { ...batches, optimizer, learningRate: multiple * criticalLearningRate });
        yield await tryPrediction(
          { trainee: subject.trainee, leastLoss: subject.leastLoss.loss },
          snapshot,
          prediction,
          task,
          random.stream(`trial ${done}`),
          hooks.signal,
        );
      }
  } finally {
    subject.dispose();
  }
}
