import { seededRandom } from "@sgdscope/random";
import { preconditionerOf, train, warmUp } from "@sgdscope/sgd";
import { prepareMinimum } from "@sgdscope/stability-criterion";
import { meanEdge, optimizerThreshold, type Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { frozenOptimizer, judgedOptimizer, openSubject, optimizerOfTask, type TrainingTask } from "@sgdscope/training";
import type { JobHooks } from "./job-hooks.js";

/** A training, and when its margin is measured. Plain JSON. */
export interface MarginTask {
  start: TrainingTask;
  /** Steps at which the preconditioner is taken as it stands and the threshold computed. */
  at: number[];
}

/** How far a training is from its exact threshold at one step: of Adam and RMSprop with their second moment as it stands. */
export interface MarginRecord {
  part: "margin";
  model: string;
  data: string;
  optimizer: string;
  learningRate: number;
  batchSize: number;
  fullBatch: boolean;
  seed: number;
  step: number;
  loss: number;
  /** η over the exact threshold of the optimizer, at the point where it stands. */
  edgeRatio: number;
  /** η over its full-batch edge, `38/λ_max(P⁻¹G)` for β₁ = 0.9: ηλ_max/38. */
  fullBatchRatio: number;
  /** η over the exact threshold of plain SGD at this point, as if there were no preconditioner. */
  plainRatio: number;
}

/** Below this share of the largest an eigenvalue of a Gram matrix of a network, Float32, is rounding. */
const RANK = 1e-6;

/** @internal See `study`. */
export async function* marginStudy({ start, at }: MarginTask, hooks: JobHooks): AsyncGenerator<MarginRecord> {
  const subject = await openSubject(start, seededRandom(start.seed));
  try {
    const optimizer = optimizerOfTask(start);
    const frozen = judgedAs(start);
    const { learningRate, batchSize, sampling } = start;
    const records: MarginRecord[] = [];
    const result = await train(subject.trainee, {
      learningRate: start.warmUp > 0 ? warmUp(learningRate, start.warmUp) : learningRate,
      batchSize,
      sampling,
      optimizer,
      random: seededRandom(start.seed).stream("batches"),
      clipNorm: start.clipNorm,
      maxSteps: Math.max(...at),
      divergedAbove: 1e6,
      stop: { lossBelow: Number.MIN_VALUE, every: start.every },
      ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
      progress: ({ step, loss }) =>
        hooks.progress?.(
          step / Math.max(...at),
          `${subject.model}, ${optimizer.kind}: step ${step}, loss ${loss.toExponential(1)}`,
        ),
      probe: {
        at,
        async measure(trainee, step) {
          const preconditioner = preconditionerOf(optimizer, await trainee.snapshot());
          if (preconditioner === undefined && (optimizer.kind === "adam" || optimizer.kind === "rmsprop"))
            throw new RangeError(
              `study: expected steps from 1 up for ${optimizer.kind}, which has no second moment before`,
            );
          const system =
            preconditioner === undefined ? await subject.system() : await subject.preconditionedSystem(preconditioner);
          const tolerance = { rankTolerance: RANK };
          const minimum = prepareMinimum(system, tolerance);
          const batches = { batchSize, sampling };
          const threshold = optimizerThreshold(minimum, { ...batches, optimizer: frozen });
          const plain = optimizerThreshold(prepareMinimum(await subject.system(), tolerance), {
            ...batches,
            optimizer: { kind: "sgd" },
          });
          records.push({
            part: "margin",
            model: subject.model,
            data: subject.data,
            optimizer: optimizer.kind,
            learningRate,
            batchSize,
            fullBatch: batchSize === subject.examples,
            seed: start.seed,
            step,
            loss: await trainee.loss(),
            edgeRatio: learningRate / threshold.criticalLearningRate,
            fullBatchRatio: learningRate / meanEdge(frozen, minimum.eigenvalues[0]!),
            plainRatio: learningRate / plain.criticalLearningRate,
          });
        },
      },
    });
    hooks.signal?.throwIfAborted();
    if (result.reason === "diverged") return;
    yield* records;
  } finally {
    subject.dispose();
  }
}

/** The optimizer that the theory judges; refused where it has none, such as Adam with weight decay. */
function judgedAs(task: TrainingTask): Optimizer {
  const { optimizer, unjudged } = judgedOptimizer(task);
  const judged = unjudged === undefined ? optimizer : frozenOptimizer(task);
  if (judged === undefined)
    throw new RangeError(`study: expected an optimizer that the theory judges, got ${unjudged} with weight decay`);
  return judged;
}
