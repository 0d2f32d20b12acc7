import { rankToleranceOf } from "@sgdscope/analysis";
import type { GramSystem } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import type { StateArray } from "@sgdscope/sgd";
import { exactThreshold, prepareMinimum, type Batches, type PreparedMinimum } from "@sgdscope/stability-criterion";
import { type MinimumRecord, openSubject, type Subject, type TrainingTask, trainSubject } from "@sgdscope/training";
import type { JobHooks } from "./job-hooks.js";
import { trainingFraction } from "./training.js";

/** A minimum that gradient descent found, and the threshold of SGD there. */
export interface SharpMinimumRecord {
  part: "minimum";
  model: string;
  data: string;
  parameters: number;
  examples: number;
  outputs: number;
  backend: string;
  loss: number;
  interpolates: boolean;
  /** η of gradient descent. */
  learningRate: number;
  traceG: number;
  frobeniusG: number;
  largestEigenvalue: number;
  rank: number;
  batchSize: number;
  /** η* of SGD with this batch size, exact. */
  criticalLearningRate: number;
}

/** Where a study of one sharp minimum begins. */
export interface SharpMinimum {
  subject: Subject;
  system: GramSystem;
  minimum: PreparedMinimum;
  found: MinimumRecord;
  record: SharpMinimumRecord;
  /** The parameters at the minimum. */
  snapshot: Record<string, StateArray>;
}

/** Trains by `start`, usually gradient descent, and prepares the theory at the minimum. The caller disposes the subject. */
export async function sharpMinimum(start: TrainingTask, batches: Batches, hooks: JobHooks): Promise<SharpMinimum> {
  const subject = await openSubject(start, seededRandom(start.seed));
  const found = await trainSubject(
    subject,
    { ...start, measured: false, startThreshold: false },
    {
      ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
      progress: ({ step, loss }) =>
        hooks.progress?.(
          0.5 * trainingFraction(start, step, loss),
          `${subject.model}: to a sharp minimum, step ${step}, loss ${loss.toExponential(1)}`,
        ),
    },
  );
  hooks.signal?.throwIfAborted();
  const system = await subject.system();
  const minimum = prepareMinimum(system, { rankTolerance: rankToleranceOf(subject) });
  const { model, data, parameters, examples, outputs, backend } = subject;
  return {
    subject,
    system,
    minimum,
    found,
    snapshot: await subject.trainee.snapshot(),
    record: {
      part: "minimum",
      model,
      data,
      parameters,
      examples,
      outputs,
      backend,
      loss: found.loss,
      interpolates: found.interpolates,
      learningRate: start.learningRate,
      traceG: minimum.powerTraces[0],
      frobeniusG: minimum.frobeniusG,
      largestEigenvalue: minimum.eigenvalues[0]!,
      rank: minimum.rank,
      batchSize: batches.batchSize,
      criticalLearningRate: exactThreshold(minimum, batches).criticalLearningRate,
    },
  };
}

/** The minimum with residuals of a random step away from it, isotropic in the range of H, at the given loss. */
export function steppedAway(minimum: PreparedMinimum, loss: number, random: () => number): PreparedMinimum {
  const { examples, outputs, rank, features } = minimum;
  const step = gaussian(rank, random);
  const residuals = Float64Array.from({ length: examples * outputs }, (_, i) => {
    let sum = 0;
    for (let a = 0; a < rank; a++) sum += features[i * rank + a]! * step[a]!;
    return sum;
  });
  const scale = Math.sqrt((2 * examples * loss) / residuals.reduce((sum, r) => sum + r * r, 0));
  return { ...minimum, system: { ...minimum.system, residuals: residuals.map((r) => scale * r) } };
}

/** Parameters moved by a Gaussian step of `relative` times their norm, all layers together; deterministic in `random`. */
export function perturbed(
  snapshot: Record<string, StateArray>,
  relative: number,
  random: () => number,
): Record<string, StateArray> {
  const moved = Object.entries(snapshot).filter(([name]) => name.startsWith("parameters"));
  const steps = new Map(moved.map(([name, { data }]) => [name, gaussian(data.length, random)]));
  let [own, ofStep] = [0, 0];
  for (const [name, { data }] of moved) {
    for (const value of data) own += value * value;
    for (const value of steps.get(name)!) ofStep += value * value;
  }
  const scale = relative * Math.sqrt(own / ofStep);
  return {
    ...snapshot,
    ...Object.fromEntries(
      moved.map(([name, { shape, data }]) => {
        const step = steps.get(name)!;
        const next = data.slice();
        for (let k = 0; k < next.length; k++) next[k] = data[k]! + scale * step[k]!;
        return [name, { shape, data: next }];
      }),
    ),
  };
}
