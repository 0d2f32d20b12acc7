import { expectCount, expectNotNegative, expectPositive, ModelsRfmError } from "../errors.js";

export interface DecoupledOptions {
  /** Eigenvalues â_i of the sample covariance Â = XᵀX/N. */
  eigenvalues: ArrayLike<number>;
  learningRate: number;
  batchSize: number;
  /** σ². */
  noiseVariance: number;
  /** α = N/d, examples per parameter. */
  samplesPerParameter: number;
}

/**
 * The fluctuation Tr[ÂV], twice the excess training loss, of SGD on N examples under the decoupling approximation of the noise:
 * max{0, (ησ²/B)(1 − 1/α)κ̂}, κ̂ = Tr[D̂⁻¹Â]/(1 − (η/B)Tr[D̂⁻¹Â]), D̂ = 2I − η(1 − 1/B)Â.
 *
 * It is the fixed point of the second moments under the gradient noise (2L·Â − E∇L∇Lᵀ)/B with 2L = Tr[ÂV] + σ²(1 − 1/α), the training loss that least
 * squares leaves (derived here, and checked against that fixed point and against the exact moments on the examples themselves).
 * Stable iff Σ_i 1/(2/(ηâ_i) − 1 + 1/B) < B. The approximation has the wrong sign of a term of relative size 1/d: use it for
 * d ≫ 1 and B > 1 only, and `regressionCriticalLearningRate` for the Gaussian population.
 *
 * @returns Infinity where it is not stable.
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`.
 * @see Ziyin, Liu, Mori and Ueda (2022), arXiv:2102.05375, Theorem 6.
 */
export function decoupledTrainingVariance(options: DecoupledOptions): number {
  const caller = "decoupledTrainingVariance";
  const { eigenvalues, learningRate, batchSize: B, noiseVariance, samplesPerParameter: alpha } = options;
  expectPositive(`${caller}: expected learningRate`, learningRate);
  expectPositive(`${caller}: expected samplesPerParameter`, alpha);
  expectCount(`${caller}: expected batchSize`, B);
  expectNotNegative(`${caller}: expected noiseVariance`, noiseVariance);
  let trace = 0;
  for (let i = 0; i < eigenvalues.length; i++) {
    const a = eigenvalues[i]!;
    if (!(a >= 0)) throw new ModelsRfmError("INVALID_VALUE", `${caller}: expected eigenvalues[${i}] ≥ 0, got ${a}`);
    const g = 2 - learningRate * (1 - 1 / B) * a;
    if (g <= 0) return Infinity;
    trace += a / g;
  }
  const feedback = (learningRate / B) * trace;
  if (feedback >= 1) return Infinity;
  return Math.max(0, ((learningRate * noiseVariance) / B) * (1 - 1 / alpha) * (trace / (1 - feedback)));
}
