import { gramOfRows, multiplyVector, symmetricEigen, transpose } from "@sgdscope/linear-algebra";
import { gaussianInputs, randomFeatures } from "@sgdscope/models-rfm";
import { regressionStationary } from "@sgdscope/models-rfm/regression";
import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { seededRandom } from "@sgdscope/random";
import { sampler } from "@sgdscope/sgd";
import { exactThreshold, prepareMinimum } from "@sgdscope/stability-criterion";
import { stationaryCovariance } from "@sgdscope/stability-criterion/stationary";
import type { JobHooks } from "./job-hooks.js";

/** SGD with replacement on random features of n examples that they cannot fit. Plain JSON. */
export interface FeaturesTask {
  part: "features";
  examples: number;
  inputs: number;
  features: number;
  activation: "relu" | "tanh";
  batchSize: number;
  /** η as fractions of the exact η*. */
  fractions: number[];
  steps: number;
  seed: number;
}

/** Where SGD settles around their least squares. */
export interface FeaturesRecord {
  part: "features";
  activation: string;
  examples: number;
  features: number;
  batchSize: number;
  seed: number;
  fraction: number;
  learningRate: number;
  /** E L − L*, averaged over the path. */
  excessLoss: number;
  /** Of the data themselves, to the fourth moment. */
  exactExcess: number;
  /** By the formula for Gaussian inputs of the same covariance, with 2L* for the variance of labels; Infinity where that says unstable. */
  gaussianExcess: number;
  /** Of small steps. */
  smallStepExcess: number;
}

/** @internal See `study`. */
// eslint-disable-next-line @typescript-eslint/require-await -- a study is an async generator
export async function* featuresStudy(task: FeaturesTask, hooks: JobHooks): AsyncGenerator<FeaturesRecord> {
  const { examples: n, inputs, features: m, activation, batchSize, steps, seed } = task;
  const random = seededRandom(seed);
  const model = randomFeatures({ inputs, features: m, activation, random: random.stream("features") });
  const X = gaussianInputs(n, inputs, random.stream("inputs"));
  const y = gaussianInputs(n, 1, random.stream("labels"));
  const jacobian = model.jacobian(new Float64Array(m), X);
  const columns = transpose(jacobian, n, m);
  const hessian = gramOfRows(columns, m, n).map((value) => value / n);
  const { values, vectors } = symmetricEigen(hessian.slice(), m);
  const minimum = leastSquares();
  const residuals = multiplyVector(jacobian, minimum, n, m).map((value, i) => value - y[i]!);
  const loss = residuals.reduce((sum, r) => sum + r * r, 0) / (2 * n);
  const prepared = prepareMinimum(gramSystemFromJacobian(jacobian, residuals, { examples: n, outputs: 1 }));
  const batches = { batchSize, sampling: "with-replacement" } as const;
  const { criticalLearningRate } = exactThreshold(prepared, batches);
  for (const [k, fraction] of task.fractions.entries()) {
    const learningRate = fraction * criticalLearningRate;
    const trace = values.reduce((sum, value) => sum + value, 0);
    yield {
      part: "features",
      activation,
      examples: n,
      features: m,
      batchSize,
      seed,
      fraction,
      learningRate,
      excessLoss: walk(learningRate, k),
      exactExcess: stationaryCovariance(prepared, { ...batches, learningRate }).excessLoss,
      gaussianExcess: regressionStationary({
        eigenvalues: values,
        batchSize,
        learningRate,
        noiseVariance: 2 * loss,
      }).excessLoss,
      smallStepExcess: (learningRate * trace * 2 * loss) / (4 * batchSize),
    };
  }

  function leastSquares(): Float64Array {
    const target = multiplyVector(columns, y, m, n);
    const inside = multiplyVector(vectors, target, m, m).map((value, j) => value / (n * values[j]!));
    return multiplyVector(transpose(vectors, m, m), inside, m, m);
  }

  /** The mean excess over a path that begins at the minimum. */
  function walk(learningRate: number, k: number): number {
    const draws = sampler("with-replacement", n, batchSize, random.stream(`batches ${k}`));
    const delta = new Float64Array(m);
    const gradient = new Float64Array(m);
    const burn = Math.ceil(steps / 10);
    let [excess, points] = [0, 0];
    for (let step = -burn; step < steps; step++) {
      gradient.fill(0);
      for (const i of draws.next()) {
        let residual = residuals[i]!;
        for (let j = 0; j < m; j++) residual += jacobian[i * m + j]! * delta[j]!;
        for (let j = 0; j < m; j++) gradient[j]! += residual * jacobian[i * m + j]!;
      }
      for (let j = 0; j < m; j++) delta[j]! -= (learningRate * gradient[j]!) / batchSize;
      if (step >= 0 && step % 5 === 0) {
        const image = multiplyVector(hessian, delta, m, m);
        for (let j = 0; j < m; j++) excess += (delta[j]! * image[j]!) / 2;
        points++;
      }
      if (step % (1 << 14) === 0) {
        hooks.signal?.throwIfAborted();
        hooks.progress?.(
          (k + Math.max(0, step) / steps) / task.fractions.length,
          `random features, η = ${task.fractions[k]}·η*`,
        );
      }
    }
    return excess / points;
  }
}
