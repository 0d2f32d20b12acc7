import { expectPositive, StabilityError } from "../errors.js";

/**
 * The learning rate at which `m ← βm + g` walks the path of averaged momentum `m ← βm + (1 − β)g` at λ: `λ(1 − β)`.
 * Elementary; checked here by simulation of both.
 *
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function heavyBallLearningRate(averagedLearningRate: number, momentum: number): number {
  expectPositive("heavyBallLearningRate", "averagedLearningRate", averagedLearningRate);
  expectMomentum("heavyBallLearningRate", momentum);
  return averagedLearningRate * (1 - momentum);
}

/**
 * The edge of stability of gradient descent, and of SGD with noise of fixed covariance, with momentum: `λ = 2(1 + β)/k`. The
 * edge of the *mean*: with minibatches, whose noise grows with the distance, second moments grow far earlier, see
 * `optimizerThreshold` of `/optimizers`.
 *
 * @param curvature - k, the largest eigenvalue.
 * @throws StabilityError INVALID_ARGUMENT.
 * @see Liu, Ziyin & Ueda (2021), arXiv:2012.03636; the edge is where their covariance diverges (derived here).
 */
export function momentumEdge(curvature: number, momentum: number): number {
  expectPositive("momentumEdge", "curvature", curvature);
  expectMomentum("momentumEdge", momentum);
  return (2 * (1 + momentum)) / curvature;
}

/**
 * The learning rate whose stationary variance along one direction is a given one:
 * `λ = 2kv(1 − β)/(c + k²v(1 − β)/(1 + β))`, the inverse of `v = λc/[(1 − β)k(2 − λk/(1 + β))]`. Derived here.
 *
 * @param options.curvature - k.
 * @param options.noise - c, variance of the minibatch gradient.
 * @param options.variance - v.
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function learningRateForVariance(options: {
  curvature: number;
  noise: number;
  variance: number;
  momentum?: number;
}): number {
  const { curvature, noise, variance, momentum = 0 } = options;
  expectPositive("learningRateForVariance", "options.curvature", curvature);
  expectPositive("learningRateForVariance", "options.noise", noise);
  expectPositive("learningRateForVariance", "options.variance", variance);
  expectMomentum("learningRateForVariance", momentum);
  return (
    (2 * curvature * variance * (1 - momentum)) /
    (noise + (curvature ** 2 * variance * (1 - momentum)) / (1 + momentum))
  );
}

function expectMomentum(caller: string, momentum: number): void {
  if (!(momentum >= 0 && momentum < 1))
    throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected momentum in [0, 1), got ${momentum}.`);
}
