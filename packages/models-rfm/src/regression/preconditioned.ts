import { expectCount, expectNotNegative, expectPositive } from "../errors.js";
import { expectMomentum } from "./design.js";

export interface PreconditionedOptions {
  /** d. */
  dimension: number;
  /** η. */
  learningRate: number;
  /** B. */
  batchSize: number;
  /** β of m ← βm + ĝ, w ← w − Λm; default 0. */
  momentum?: number;
}

/**
 * The stationary covariance of damped Newton, Λ = ηA⁻¹, on Gaussian linear regression, as the factor c of V = c·A⁻¹:
 * c = ησ²/(gB − ηd), g = 2(1 − β) − ((1 − β)/(1 + β) + 1/B)η.
 *
 * @returns c; Infinity where gB ≤ ηd, where second moments do not settle.
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`.
 * @see Ziyin, Liu, Mori and Ueda (2022), arXiv:2102.05375, on the damped Newton method.
 */
export function dampedNewtonVariance(options: PreconditionedOptions & { noiseVariance: number }): number {
  const {
    dimension: D,
    learningRate,
    batchSize: S,
    momentum,
    noiseVariance,
  } = expected("dampedNewtonVariance", options);
  expectNotNegative("dampedNewtonVariance: expected noiseVariance", noiseVariance);
  const g = 2 * (1 - momentum) - ((1 - momentum) / (1 + momentum) + 1 / S) * learningRate;
  const margin = g * S - learningRate * D;
  return margin > 0 ? (learningRate * noiseVariance) / margin : Infinity;
}

/**
 * A stationary covariance of natural gradient descent without label noise, as the factor c of V = c·A⁻¹:
 * c = (η/2)(1/((1 + d)(1 + β)) + 1/((1 − β)B)).
 *
 * Λ = ηJ⁻¹ with the Fisher matrix J = E∇ℓ∇ℓᵀ averaged over the stationary law, so J = c(1 + d)A; the source calls it one solution.
 * Checked here against the Lyapunov equation of SGD with momentum.
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`.
 * @see Ziyin, Liu, Mori and Ueda (2022), arXiv:2102.05375, on natural gradient descent.
 */
export function naturalGradientVariance(options: PreconditionedOptions): number {
  const { dimension, learningRate, batchSize, momentum } = expected("naturalGradientVariance", options);
  return (learningRate / 2) * (1 / ((1 + dimension) * (1 + momentum)) + 1 / ((1 - momentum) * batchSize));
}

function expected<T extends PreconditionedOptions>(caller: string, options: T): T & { momentum: number } {
  const { dimension, learningRate, batchSize, momentum = 0 } = options;
  expectCount(`${caller}: expected dimension`, dimension);
  expectPositive(`${caller}: expected learningRate`, learningRate);
  expectCount(`${caller}: expected batchSize`, batchSize);
  expectMomentum(caller, momentum);
  return { ...options, momentum };
}
