import { expectPositive, StabilityError } from "../errors.js";
import type { PreparedMinimum } from "../minimum.js";

/**
 * The noise kernel norm `𝒦 = η(1/B − 1/n) Σ_j λ_j/(2 − ηλ_j)`: the stochastic edge of stability is at `𝒦 = 1` with
 * `ηλ_max < 2`. Infinity once `ηλ_max ≥ 2`. For small steps about `ηTr(H)/(2B)`.
 *
 * After Agarwala & Pennington (2024), arXiv:2404.19261; the normalisation is recalled, not confirmed. It equals the
 * condition of structured noise with c = 0 and `p = 1/B − 1/n` (derived here).
 *
 * @param learningRate - η.
 * @param batchSize - B in [1, n].
 * @throws StabilityError INVALID_ARGUMENT or BATCH_TOO_LARGE.
 */
export function kernelNorm(minimum: PreparedMinimum, learningRate: number, batchSize: number): number {
  expectPositive("kernelNorm", "learningRate", learningRate);
  expectPositive("kernelNorm", "batchSize", batchSize);
  const { examples: n, eigenvalues } = minimum;
  if (batchSize > n)
    throw new StabilityError(
      "BATCH_TOO_LARGE",
      `kernelNorm: expected batchSize of at most the ${n} examples, got ${batchSize}.`,
    );
  if (learningRate * eigenvalues[0]! >= 2) return Infinity;
  let sum = 0;
  for (const value of eigenvalues) sum += value / (2 - learningRate * value);
  return learningRate * (1 / batchSize - 1 / n) * sum;
}
