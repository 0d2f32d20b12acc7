import { stationaryCovarianceWithMomentum } from "@sgdscope/stability-criterion/stationary";
import { seededRandom } from "@sgdscope/random";
import type { JobHooks } from "./job-hooks.js";
import { normals } from "./normals.js";

/** Gradient descent with Gaussian noise of fixed covariance on a quadratic in two dimensions. Plain JSON. */
export interface QuadraticTask {
  part: "quadratic";
  /** Diagonal of K. */
  curvatures: [number, number];
  /** C, row-major; it need not commute with K. */
  noise: number[];
  learningRate: number;
  momentum: number;
  steps: number;
  seed: number;
}

/** Its stationary covariance. */
export interface QuadraticRecord extends Omit<QuadraticTask, "part"> {
  part: "quadratic";
  /** ηk/(1 + β) along the sharp direction; 2 is the edge. */
  sharpness: number;
  /** Variances along the sharp and the flat direction: of the path, of the discrete theory, of the continuous one. */
  variances: number[];
  discrete: number[];
  continuous: number[];
  /** The covariance of the two, of the path and of the discrete theory. */
  mixed: number;
  discreteMixed: number;
}

/** @internal See `study`. */
// eslint-disable-next-line @typescript-eslint/require-await -- a study is an async generator
export async function* quadraticStudy(
  task: QuadraticTask,
  { progress, signal }: JobHooks,
): AsyncGenerator<QuadraticRecord> {
  const { curvatures, noise, learningRate, momentum, steps, seed } = task;
  const normal = normals(seededRandom(seed).stream("noise"));
  // Cholesky of C.
  const first = Math.sqrt(noise[0]!);
  const below = noise[1]! / first;
  const second = Math.sqrt(noise[3]! - below ** 2);
  let [x, y, u, v, xx, xy, yy] = [0, 0, 0, 0, 0, 0, 0];
  for (let step = -Math.ceil(steps / 10); step < steps; step++) {
    const [a, b] = [normal(), normal()];
    u = momentum * u + curvatures[0] * x + first * a;
    v = momentum * v + curvatures[1] * y + below * a + second * b;
    x -= learningRate * u;
    y -= learningRate * v;
    if (step >= 0) {
      xx += (x * x) / steps;
      xy += (x * y) / steps;
      yy += (y * y) / steps;
    }
    if (step % (1 << 16) === 0) {
      signal?.throwIfAborted();
      progress?.(Math.max(0, step) / steps, `quadratic, η = ${Number(learningRate.toPrecision(3))}, β = ${momentum}`);
    }
  }
  const { covariance, continuousCovariance } = stationaryCovarianceWithMomentum({
    hessian: Float64Array.of(curvatures[0], 0, 0, curvatures[1]),
    noise: Float64Array.from(noise),
    learningRate,
    momentum,
  });
  yield {
    ...task,
    sharpness: (learningRate * curvatures[0]) / (1 + momentum),
    variances: [xx, yy],
    discrete: [covariance[0]!, covariance[3]!],
    continuous: [continuousCovariance[0]!, continuousCovariance[3]!],
    mixed: xy,
    discreteMixed: covariance[1]!,
  };
}
