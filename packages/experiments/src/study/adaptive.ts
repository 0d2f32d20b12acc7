import { seededRandom } from "@sgdscope/random";
import { preconditionerOf, train } from "@sgdscope/sgd";
import { prepareMinimum } from "@sgdscope/stability-criterion";
import { meanEdge, optimizerThreshold, type Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { openSubject, optimizerOfTask, type TrainingTask } from "@sgdscope/training";
import type { JobHooks } from "./job-hooks.js";

/** A training with Adam or RMSprop, and when its margin is measured. Plain JSON. */
export interface AdaptiveTask {
  start: TrainingTask;
  /** Steps at which the preconditioner is taken as it stands and the threshold computed. */
  at: number[];
}

/** Where an adaptive optimizer stands, with its second moment as it stands. */
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
  /** η over the exact threshold of the frozen optimizer. */
  edgeRatio: number;
  /** η over its full-batch edge, `38/λ_max(P⁻¹G)` for β₁ = 0.9: ηλ_max/38. */
  fullBatchRatio: number;
  /** η over the exact threshold of plain SGD at this point, as if there were no preconditioner. */
  plainRatio: number;
}

/** Below this share of the largest an eigenvalue of a Gram matrix of a network, Float32, is rounding. */
const RANK = 1e-6;

/** @internal See `study`. */
export async function* adaptiveStudy({ start, at }: AdaptiveTask, hooks: JobHooks): AsyncGenerator<MarginRecord> {
  const subject = await openSubject(start, seededRandom(start.seed));
  try {
    const optimizer = optimizerOfTask(start);
    const frozen: Optimizer =
      optimizer.kind === "adam"
        ? { kind: "ema", momentum: optimizer.beta1 ?? 0.9 }
        : optimizer.kind === "rmsprop" && (optimizer.momentum ?? 0) > 0
          ? { kind: "heavy-ball", momentum: optimizer.momentum! }
          : { kind: "sgd" };
    const { learningRate, batchSize, sampling } = start;
    const records: MarginRecord[] = [];
    const result = await train(subject.trainee, {
      learningRate,
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
