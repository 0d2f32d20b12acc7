import { expectMomentum, expectRegression, type GaussianRegression } from "./design.js";
import { gap } from "./stationary.js";

/**
 * The learning rate η* below which the second moments of SGD with momentum β settle on Gaussian linear regression, the root of
 * Σ_i ηa_i/D_i(η) = B with D_i = 2(1 − β) − ((1 − β)/(1 + β) + 1/B)ηa_i.
 *
 * The sum rises from 0 to Infinity below the first pole; bisection to the last bit. For A = aI it is
 * 2(1 − β)B/(a(d + 1 + B(1 − β)/(1 + β))), without momentum 2B/(a(B + d + 1)). Derived here, from the theorems of
 * `regressionStationary`; label noise has no influence.
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`.
 */
export function regressionCriticalLearningRate(
  options: Pick<GaussianRegression, "eigenvalues" | "batchSize"> & { momentum?: number },
): number {
  const { batchSize: B, momentum = 0 } = options;
  const a = expectRegression("regressionCriticalLearningRate", options);
  expectMomentum("regressionCriticalLearningRate", momentum);
  const feedback = (rate: number): number =>
    a.reduce((sum, value) => sum + (rate * value) / gap(rate * value, B, momentum), 0);
  // D_i is affine in ηa_i; it vanishes first for the largest eigenvalue.
  const pole = gap(0, B, momentum) / (gap(0, B, momentum) - gap(1, B, momentum));
  return bisect((rate) => feedback(rate) < B, pole / a.reduce((largest, value) => Math.max(largest, value)));
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
