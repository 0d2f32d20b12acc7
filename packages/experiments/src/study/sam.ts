import { noiseStructure } from "@sgdscope/noise-structure";
import { seededRandom } from "@sgdscope/random";
import { train, warmUp } from "@sgdscope/sgd";
import { samEdge } from "@sgdscope/stability-criterion/optimizers";
import { openSubject, optimizerOfTask, type TrainingTask } from "@sgdscope/training";
import type { JobHooks } from "./job-hooks.js";

/** A training, and when its curvature is held against the edge of SAM. Plain JSON. */
export interface SamTask {
  /** Of SAM, or of another optimizer that is to be held against the edge of SAM. */
  start: TrainingTask;
  /** ρ of that edge. */
  rho: number;
  /** Steps at which it is measured. */
  at: number[];
}

/** Where a training stands against the edge of full-batch SAM at one step. */
export interface SamRecord {
  part: "sam";
  model: string;
  data: string;
  optimizer: string;
  learningRate: number;
  rho: number;
  batchSize: number;
  fullBatch: boolean;
  seed: number;
  step: number;
  loss: number;
  /** ‖∇L‖ of the loss over all examples. */
  gradientNorm: number;
  /** λ_max(G). */
  largestEigenvalue: number;
  /** The curvature at the edge of full-batch SAM with this gradient; 0 where the gradient is. */
  samEdge: number;
}

/** @internal See `study`. */
export async function* samStudy({ start, rho, at }: SamTask, hooks: JobHooks): AsyncGenerator<SamRecord> {
  const subject = await openSubject(start, seededRandom(start.seed));
  try {
    const optimizer = optimizerOfTask(start);
    const { learningRate, batchSize, sampling } = start;
    const last = Math.max(...at);
    const result = await train(subject.trainee, {
      learningRate: start.warmUp > 0 ? warmUp(learningRate, start.warmUp) : learningRate,
      batchSize,
      sampling,
      optimizer,
      random: seededRandom(start.seed).stream("batches"),
      clipNorm: start.clipNorm,
      maxSteps: last,
      divergedAbove: 1e6,
      stop: { lossBelow: Number.MIN_VALUE, every: start.every },
      ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
      progress: ({ step, loss }) =>
        hooks.progress?.(
          step / last,
          `${subject.model}, ${optimizer.kind}: step ${step}, loss ${loss.toExponential(1)}`,
        ),
      probe: {
        at,
        async measure(trainee, step): Promise<SamRecord> {
          const { gradientNorm, largestEigenvalue } = noiseStructure(await subject.system());
          return {
            part: "sam",
            model: subject.model,
            data: subject.data,
            optimizer: optimizer.kind,
            learningRate,
            rho,
            batchSize,
            fullBatch: batchSize === subject.examples,
            seed: start.seed,
            step,
            loss: await trainee.loss(),
            gradientNorm,
            largestEigenvalue,
            samEdge: gradientNorm > 0 ? samEdge({ learningRate, radius: rho, gradientNorm }) : 0,
          };
        },
      },
    });
    hooks.signal?.throwIfAborted();
    if (result.reason === "diverged") return;
    yield* result.probes.map(({ value }) => value);
  } finally {
    subject.dispose();
  }
}
