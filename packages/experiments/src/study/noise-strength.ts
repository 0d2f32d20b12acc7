import { noiseStrength } from "@sgdscope/noise-structure";
import { seededRandom } from "@sgdscope/random";
import { train, warmUp } from "@sgdscope/sgd";
import { openSubject, optimizerOfTask, type TrainingTask } from "@sgdscope/training";
import type { JobHooks } from "./job-hooks.js";

/** A training, and when the strength of its noise is measured. Plain JSON. */
export interface StrengthTask {
  part: "strength";
  start: TrainingTask;
  at: number[];
}

/** The noise of a training at one step. */
export interface StrengthRecord {
  part: "strength";
  model: string;
  data: string;
  /** What is trained on, such as "square" or "logistic". */
  loss: string;
  seed: number;
  step: number;
  /** L. */
  value: number;
  /** 𝒩 = (1/n) Σ‖∇ℓᵢ‖² − ‖∇L‖². */
  strength: number;
  /** m·Tr G/C with the natural scale m = (1/n) Σ sᵀS⁺s, 2L for the square loss: 𝒩 where residuals and curvature do not know of each other. */
  decoupledStrength: number;
}

/** @internal See `study`. */
export async function* strengthStudy({ start, at }: StrengthTask, hooks: JobHooks): AsyncGenerator<StrengthRecord> {
  const subject = await openSubject(start, seededRandom(start.seed));
  try {
    const { learningRate, batchSize, sampling } = start;
    const last = Math.max(...at);
    const result = await train(subject.trainee, {
      learningRate: start.warmUp > 0 ? warmUp(learningRate, start.warmUp) : learningRate,
      batchSize,
      sampling,
      optimizer: optimizerOfTask(start),
      random: seededRandom(start.seed).stream("batches"),
      clipNorm: start.clipNorm,
      maxSteps: last,
      divergedAbove: 1e6,
      stop: { lossBelow: Number.MIN_VALUE, every: start.every },
      ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
      progress: ({ step, loss }) =>
        hooks.progress?.(step / last, `${subject.model}: step ${step}, loss ${loss.toExponential(1)}`),
      probe: {
        at,
        async measure(trainee, step): Promise<StrengthRecord> {
          const { strength, decoupledStrength } = noiseStrength(await subject.system());
          return {
            part: "strength",
            model: subject.model,
            data: subject.data,
            loss: start.loss ?? "square",
            seed: start.seed,
            step,
            value: await trainee.loss(),
            strength,
            decoupledStrength,
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
