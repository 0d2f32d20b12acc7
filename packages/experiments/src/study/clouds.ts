import { seededRandom } from "@sgdscope/random";
import { regressionCriticalLearningRate, regressionStationary } from "@sgdscope/models-rfm/regression";
import type { JobHooks } from "./job-hooks.js";
import { normals } from "./normals.js";

/** SGD on linear regression with Gaussian inputs of this spectrum and label noise of variance 1, fresh examples. Plain JSON. */
export interface CloudTask {
  part: "cloud";
  spectrum: number[];
  learningRate: number;
  batchSize: number;
  momentum: number;
  steps: number;
  seed: number;
}

/** Where it settles, and what is said of that. */
export interface CloudRecord extends Omit<CloudTask, "part"> {
  part: "cloud";
  /** η*(B, β) of second moments. */
  criticalLearningRate: number;
  /** E L − L*, averaged over the path. */
  excessLoss: number;
  /** Of the exact theory. */
  exactExcess: number;
  /** Of small steps, `ηTr A/(4B(1 − β))`: constant along η/(B(1 − β)). */
  smallStepExcess: number;
  /** Variances along the eigenvectors, averaged over the path, and by the exact theory. */
  variances: number[];
  exactVariances: number[];
  /** Trace of the covariance of the minibatch gradient, averaged over the path, and by the exact theory. */
  noise: number;
  exactNoise: number;
  /** The same at the minimum, Tr A/B. */
  noiseAtMinimum: number;
}

const pulse = 1 << 14;

/** @internal See `study`. Cost B·d normal numbers per step. */
// eslint-disable-next-line @typescript-eslint/require-await -- a study is an async generator
export async function* cloudStudy(task: CloudTask, { progress, signal }: JobHooks): AsyncGenerator<CloudRecord> {
  const { spectrum, learningRate, batchSize, momentum, steps, seed } = task;
  const d = spectrum.length;
  const scales = spectrum.map(Math.sqrt);
  const normal = normals(seededRandom(seed).stream("examples"));
  const [theta, velocity, gradient, input] = [0, 0, 0, 0].map(() => new Float64Array(d));
  const squares = new Float64Array(d);
  let noise = 0;
  const burn = Math.ceil(steps / 10);
  for (let step = -burn; step < steps; step++) {
    gradient!.fill(0);
    for (let i = 0; i < batchSize; i++) {
      let residual = normal();
      for (let j = 0; j < d; j++) residual += theta![j]! * (input![j] = scales[j]! * normal());
      for (let j = 0; j < d; j++) gradient![j]! += (residual * input![j]!) / batchSize;
    }
    for (let j = 0; j < d; j++) {
      if (step >= 0) {
        squares[j]! += theta![j]! ** 2 / steps;
        noise += (gradient![j]! - spectrum[j]! * theta![j]!) ** 2 / steps;
      }
      velocity![j] = momentum * velocity![j]! + gradient![j]!;
      theta![j]! -= learningRate * velocity![j]!;
    }
    if (step % pulse === 0) {
      signal?.throwIfAborted();
      progress?.(
        Math.max(0, step) / steps,
        `regression, η = ${Number(learningRate.toPrecision(3))}, B = ${batchSize}, β = ${momentum}`,
      );
    }
  }
  const problem = { eigenvalues: spectrum, batchSize, momentum };
  const exact = regressionStationary({ ...problem, learningRate, noiseVariance: 1 });
  const trace = spectrum.reduce((sum, a) => sum + a, 0);
  yield {
    ...task,
    criticalLearningRate: regressionCriticalLearningRate(problem),
    excessLoss: spectrum.reduce((sum, a, j) => sum + (a * squares[j]!) / 2, 0),
    exactExcess: exact.excessLoss,
    smallStepExcess: (learningRate * trace) / (4 * batchSize * (1 - momentum)),
    variances: [...squares],
    exactVariances: [...exact.covariance],
    noise,
    exactNoise: exact.noise.reduce((sum, value) => sum + value, 0),
    noiseAtMinimum: trace / batchSize,
  };
}
