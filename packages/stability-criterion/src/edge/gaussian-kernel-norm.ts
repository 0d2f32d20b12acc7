import { expectPositive, StabilityError } from "../errors.js";

/**
 * The noise kernel norm of a linear model on infinitely many Gaussian inputs, `𝒦 = (η/B) Σ_i a_i/(2 − η(1 + 1/B)a_i)`: SGD is
 * mean-square stable while it is below 1, and it is 1 at `gaussianThreshold`. For small steps about `ηTr(A)/(2B)`.
 *
 * The idea of a kernel norm with its edge at 1 is that of Agarwala & Pennington (2024), arXiv:2404.19261; this expression is
 * derived here from the critical learning rate of Gaussian inputs. `kernelNorm` is that of a given data set.
 *
 * @param spectrum - Eigenvalues a_i of A, non-negative, any order.
 * @param learningRate - η.
 * @param batchSize - B, drawn with replacement.
 * @returns Infinity from the first pole, `η(1 + 1/B)·max a = 2`, on.
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function gaussianKernelNorm(spectrum: Float64Array, learningRate: number, batchSize: number): number {
  expectPositive("gaussianKernelNorm", "learningRate", learningRate);
  expectPositive("gaussianKernelNorm", "batchSize", batchSize);
  let sum = 0;
  for (const a of spectrum) {
    if (!(a >= 0))
      throw new StabilityError("INVALID_ARGUMENT", `gaussianKernelNorm: expected spectrum of at least 0, got ${a}.`);
    const denominator = 2 - learningRate * (1 + 1 / batchSize) * a;
    if (denominator <= 0) return Infinity;
    sum += a / denominator;
  }
  return (learningRate / batchSize) * sum;
}
