import { expectSpectrum, structuredThreshold } from "../bounds/structured-noise.js";
import { expectPositive, StabilityError } from "../errors.js";

/**
 * The exact critical learning rate of linear regression with infinitely many Gaussian inputs, batches with replacement:
 * the λ with `(λ/S) Tr[A(2 − λ(1 + 1/S)A)⁻¹] = 1`. Beyond it second moments grow. For an isotropic spectrum
 * {@link isotropicGaussianThreshold}.
 *
 * Follows from Theorem 2 of Ziyin, Liu, Mori & Ueda (2022), arXiv:2102.05375, where κ diverges (derived here); it is
 * `structuredNoiseThreshold` with `p = 1/S` and `c = −1`.
 *
 * @param spectrum - Eigenvalues of A, non-negative, any order.
 * @param batchSize - S.
 * @returns Infinity without curvature.
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function gaussianThreshold(spectrum: Float64Array, batchSize: number): number {
  expectBatch("gaussianThreshold", batchSize);
  return structuredThreshold("gaussianThreshold", "spectrum", spectrum, 1 / batchSize, -1);
}

/**
 * The exact critical learning rate for isotropic Gaussian inputs, `λ* = 2S/(a(S + D + 1))`. Derived here.
 *
 * @param options.dimension - D.
 * @param options.curvature - a, the variance of the inputs.
 * @param options.batchSize - S.
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function isotropicGaussianThreshold(options: {
  dimension: number;
  curvature: number;
  batchSize: number;
}): number {
  const { dimension, curvature, batchSize } = options;
  expectPositive("isotropicGaussianThreshold", "options.dimension", dimension);
  expectPositive("isotropicGaussianThreshold", "options.curvature", curvature);
  expectBatch("isotropicGaussianThreshold", batchSize);
  return (2 * batchSize) / (curvature * (batchSize + dimension + 1));
}

/**
 * The critical learning rate under the decoupling approximation, `Σ₁ = 2LG`: the λ at which {@link decoupledStabilitySum}
 * reaches S. An approximation for many dimensions and S > 1; at S = 1 it is `2/Tr A`.
 *
 * @param spectrum - Eigenvalues of the empirical Â, non-negative, any order.
 * @param batchSize - S.
 * @throws StabilityError INVALID_ARGUMENT.
 * @see Ziyin, Liu, Mori & Ueda (2022), arXiv:2102.05375, Theorem 6. `structuredNoiseThreshold` with `c = 1`.
 */
export function decoupledThreshold(spectrum: Float64Array, batchSize: number): number {
  expectBatch("decoupledThreshold", batchSize);
  return structuredThreshold("decoupledThreshold", "spectrum", spectrum, 1 / batchSize, 1);
}

/**
 * The stability sum `Σᵢ 1/(2/(λaᵢ) − 1 + 1/S)`: SGD is stable under decoupling while it is below S.
 *
 * @returns Infinity where a denominator is not positive: there already the mean or a single direction is unstable.
 * @throws StabilityError INVALID_ARGUMENT.
 * @see Ziyin, Liu, Mori & Ueda (2022), arXiv:2102.05375, Theorem 6.
 */
export function decoupledStabilitySum(spectrum: Float64Array, learningRate: number, batchSize: number): number {
  expectPositive("decoupledStabilitySum", "learningRate", learningRate);
  expectBatch("decoupledStabilitySum", batchSize);
  expectSpectrum("decoupledStabilitySum", "spectrum", spectrum);
  let sum = 0;
  for (const a of spectrum) {
    const denominator = 2 / (learningRate * a) - 1 + 1 / batchSize;
    if (denominator <= 0) return Infinity;
    sum += 1 / denominator;
  }
  return sum;
}

function expectBatch(caller: string, batchSize: number): void {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected batchSize to be a positive integer, got ${batchSize}.`,
    );
}
