import { expectMomentum, expectRegression, type GaussianRegression } from "./design.js";
import { gap } from "./stationary.js";

/**
 * The learning rate λ* below which the second moments of SGD with momentum settle on Gaussian linear regression, the root of
 * Σ_i λa_i/G_i(λ) = S with G_i = 2(1 − μ) − ((1 − μ)/(1 + μ) + 1/S)λa_i.
 *
 * The sum rises from 0 to Infinity below the first pole; bisection to the last bit. For A = aI it is
 * 2(1 − μ)S/(a(D + 1 + S(1 − μ)/(1 + μ))), without momentum 2S/(a(S + D + 1)). Derived here, from the theorems of
 * `regressionStationary`; label noise does not enter.
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`.
 */
export function regressionCriticalLearningRate(
  options: Pick<GaussianRegression, "eigenvalues" | "batchSize"> & { momentum?: number },
): number {
  const { batchSize: S, momentum = 0 } = options;
  const a = expectRegression("regressionCriticalLearningRate", options);
  expectMomentum("regressionCriticalLearningRate", momentum);
  const feedback = (rate: number): number =>
    a.reduce((sum, value) => sum + (rate * value) / gap(rate * value, S, momentum), 0);
  // G_i is affine in λa_i; it vanishes first for the largest eigenvalue.
  const pole = gap(0, S, momentum) / (gap(0, S, momentum) - gap(1, S, momentum));
  return bisect((rate) => feedback(rate) < S, pole / a.reduce((largest, value) => Math.max(largest, value)));
}

/** The edge in (0, end) below which `below` holds. */
function bisect(below: (x: number) => boolean, end: number): number {
  let [low, high] = [0, end];
  for (let k = 0; k < 200; k++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (below(middle)) low = middle;
    else high = middle;
  }
  return low;
}
