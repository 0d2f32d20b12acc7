import { edgeRatioOf, edgesOf } from "@sgdscope/analysis";
import { seededRandom } from "@sgdscope/random";
import { train, warmUp } from "@sgdscope/sgd";
import {
  minimumReached,
  openSubject,
  optimizerMinimum,
  optimizerOfTask,
  withoutThreshold,
  type TrainingTask,
} from "@sgdscope/training";
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

/** @internal See `study`. */
export async function* marginStudy({ start, at }: MarginTask, hooks: JobHooks): AsyncGenerator<MarginRecord> {
  const subject = await openSubject(start, seededRandom(start.seed));
  try {
    const optimizer = optimizerOfTask(start);
    expectJudged(start);
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
          const system = await subject.system();
          const snapshot = await trainee.snapshot();
          const minimum = await optimizerMinimum(subject, start, { step, snapshot, system });
          if (minimum === undefined)
            throw new RangeError(
              `study: expected steps from 1 up for ${optimizer.kind}, which has no preconditioner before`,
            );
          const { edgeRatio, meanEdge } = edgesOf(minimum);
          const named = { name: subject.model, precision: subject.precision };
          const plain = minimumReached(named, system, start, { steps: step, converged: false });
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
            edgeRatio,
            fullBatchRatio: learningRate / meanEdge,
            plainRatio: edgeRatioOf({ ...plain, reached: { ...plain.reached!, optimizer: { kind: "sgd" } } }),
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

/** Refuses an optimizer that the theory does not judge, such as Adam with weight decay. */
function expectJudged(task: TrainingTask): void {
  const optimizer = withoutThreshold(task);
  if (optimizer !== undefined)
    throw new RangeError(`study: expected an optimizer that the theory judges, got ${optimizer}`);
}
