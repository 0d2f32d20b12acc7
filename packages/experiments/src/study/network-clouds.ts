import { gramOfRows, multiplyVector, symmetricEigen, transpose } from "@sgdscope/linear-algebra";
import { twoLayerTanh, uniformOnSphere, type ClosedFormModel } from "@sgdscope/models-rfm";
import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import { sampler } from "@sgdscope/sgd";
import { epochShuffleVariance, stationaryCovariance } from "@sgdscope/stability-criterion/stationary";
import type { JobHooks } from "./job-hooks.js";

/** SGD at a minimum of a two-layer tanh network that its labels, a network of the same kind and noise, keep it from fitting. Plain JSON. */
export interface NetworkTask {
  part: "network";
  examples: number;
  inputs: number;
  width: number;
  /** Standard deviation of the noise of the labels. */
  labelNoise: number;
  batchSize: number;
  sampling: "without-replacement" | "epoch-shuffle";
  /** ηλ_max. */
  sharpness: number;
  steps: number;
  seed: number;
}

/** The cloud along the eigenvectors of G, sharpest first; directions flatter than a hundredth of the sharpest are left out. */
export interface NetworkRecord extends Omit<NetworkTask, "part"> {
  part: "network";
  learningRate: number;
  loss: number;
  /** ‖∇L‖ at the minimum. */
  gradientNorm: number;
  /** λ. */
  curvatures: number[];
  /** C_ii, variance of the gradients of single examples. */
  noise: number[];
  /** Width at which the loss is twice that of the minimum. */
  widths: number[];
  /** Of the path. */
  variances: number[];
  /** Of independent batches, with noise that changes with the residuals: exact for the linearised network. */
  exact: number[];
  /** Of independent batches with the noise of the minimum, at this learning rate and in the limit of small ones. */
  fixedNoise: number[];
  continuous: number[];
  /** Of shuffled epochs with the noise of the minimum. */
  shuffled: number[];
}

/** @internal See `study`. */
// eslint-disable-next-line @typescript-eslint/require-await -- a study is an async generator
export async function* networkStudy(task: NetworkTask, { progress, signal }: JobHooks): AsyncGenerator<NetworkRecord> {
  const { examples: n, inputs, width, labelNoise, batchSize, sampling, steps, seed } = task;
  const random = seededRandom(seed);
  const model = twoLayerTanh({ inputs, width });
  const X = uniformOnSphere(n, inputs, random.stream("inputs"));
  // A teacher whose neurons all count; the student begins at it.
  const teacher = model
    .init(random.stream("teacher"))
    .map((value, k) => (k < width * inputs ? 1.5 * value : (k - width * inputs) % 2 === 0 ? 1 : -1));
  const noise = gaussian(n, random.stream("labels"));
  const y = model.predict(teacher, X).map((value, i) => value + labelNoise * noise[i]!);
  const { theta, gradientNorm } = levenbergMarquardt(model, teacher, X, y);

  const P = model.parameters;
  const jacobian = model.jacobian(theta, X);
  const residuals = model.residuals(theta, X, y);
  const { values, vectors } = symmetricEigen(curvatureOf(jacobian, n, P), P);
  const rank = values.filter((value) => value > values[0]! / 100).length;
  const curvatures = [...values.subarray(0, rank)];
  const learningRate = task.sharpness / curvatures[0]!;
  const factor = (n - batchSize) / (batchSize * (n - 1));
  const along = (vector: Float64Array): Float64Array => multiplyVector(vectors.subarray(0, rank * P), vector, rank, P);
  const squares = new Float64Array(rank);
  for (let i = 0; i < n; i++)
    along(jacobian.slice(i * P, (i + 1) * P)).forEach((g, a) => (squares[a]! += (g * residuals[i]!) ** 2 / n));

  const draws = sampler(sampling, n, batchSize, random.stream("batches"));
  const path = theta.slice();
  const gradient = new Float64Array(P);
  const [sums, products] = [new Float64Array(rank), new Float64Array(rank)];
  let points = 0;
  for (let step = -Math.ceil(steps / 10); step < steps; step++) {
    model.gradient(path, X, y, draws.next(), gradient.fill(0));
    for (let j = 0; j < P; j++) path[j]! -= (learningRate * gradient[j]!) / batchSize;
    if (step >= 0 && step % 3 === 0) {
      points++;
      along(path.map((value, j) => value - theta[j]!)).forEach((x, a) => {
        sums[a]! += x;
        products[a]! += x * x;
      });
    }
    if (step % (1 << 14) === 0) {
      signal?.throwIfAborted();
      progress?.(Math.max(0, step) / steps, `${model.name}, ${sampling}`);
    }
  }
  const { covariance } = stationaryCovariance(
    gramSystemFromJacobian(jacobian, residuals, { examples: n, outputs: 1 }),
    {
      batchSize,
      learningRate,
    },
  );
  const modes = Math.round(Math.sqrt(covariance.length));
  const each = <T>(of: (k: number, c: number, a: number) => T): T[] =>
    curvatures.map((k, a) => of(k, factor * squares[a]!, a));
  const loss = lossOf(model, theta, X, y);
  yield {
    ...task,
    learningRate,
    loss,
    gradientNorm,
    curvatures,
    noise: [...squares],
    widths: each((k, _, a) => widthOf(vectors.subarray(a * P, (a + 1) * P), Math.sqrt(loss / k))),
    variances: each((_, __, a) => products[a]! / points - (sums[a]! / points) ** 2),
    exact: each((_, __, a) => covariance[a * modes + a]!),
    fixedNoise: each((k, c) => (learningRate * c) / (k * (2 - learningRate * k))),
    continuous: each((k, c) => (learningRate * c) / (2 * k)),
    shuffled: each((curvature, c) =>
      epochShuffleVariance({ curvature, noise: c, learningRate, batchesPerEpoch: Math.round(n / batchSize) }),
    ),
  };

  /** From the one side to the other, each by bisection. */
  function widthOf(direction: Float64Array, guess: number): number {
    const side = (sign: number): number => {
      const above = (t: number): boolean =>
        lossOf(
          model,
          theta.map((value, j) => value + sign * t * direction[j]!),
          X,
          y,
        ) >
        2 * loss;
      let [low, high] = [0, guess];
      while (!above(high) && high < 1e3 * guess) high *= 2;
      for (let k = 0; k < 40; k++) {
        const middle = (low + high) / 2;
        if (above(middle)) high = middle;
        else low = middle;
      }
      return high;
    };
    return side(1) + side(-1);
  }
}

const lossOf = (model: ClosedFormModel, theta: Float64Array, X: Float64Array, y: Float64Array): number => {
  const residuals = model.residuals(theta, X, y);
  return residuals.reduce((sum, r) => sum + r * r, 0) / (2 * residuals.length);
};

/** G. */
const curvatureOf = (jacobian: Float64Array, n: number, P: number): Float64Array =>
  gramOfRows(transpose(jacobian, n, P), P, n).map((value) => value / n);

/** Steps of Gauss and Newton with as much damping as the loss needs to fall, until the gradient is 1e-11 or a hundred steps. */
function levenbergMarquardt(model: ClosedFormModel, start: Float64Array, X: Float64Array, y: Float64Array) {
  const [n, P] = [y.length, model.parameters];
  const all = Int32Array.from({ length: n }, (_, i) => i);
  let theta = start;
  let damping = 1e-3;
  let gradientNorm = Infinity;
  for (let step = 0; step < 100 && damping < 1e6; step++) {
    const gradient = new Float64Array(P);
    model.gradient(theta, X, y, all, gradient);
    gradientNorm = Math.hypot(...gradient) / n;
    if (gradientNorm < 1e-11) break;
    const { values, vectors } = symmetricEigen(curvatureOf(model.jacobian(theta, X), n, P), P);
    const inside = multiplyVector(vectors, gradient, P, P);
    const before = lossOf(model, theta, X, y);
    for (; damping < 1e6; damping *= 10) {
      const move = multiplyVector(
        transpose(vectors, P, P),
        inside.map((g, a) => g / (n * (values[a]! + damping))),
        P,
        P,
      );
      const moved = theta.map((value, j) => value - move[j]!);
      if (lossOf(model, moved, X, y) <= before * (1 + 1e-14)) {
        theta = moved;
        damping /= 10;
        break;
      }
    }
  }
  return { theta, gradientNorm };
}
