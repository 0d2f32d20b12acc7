import { checkInteger, checkShare } from "./internal/arguments.js";
import type { SampledEstimate } from "./operator.js";

/** An interval around an estimate. */
export interface ConfidenceInterval {
  lower: number;
  upper: number;
}

/**
 * The interval that covers the true value with the given probability: value ± t·standardError, with Student's t for samples − 1 degrees
 * of freedom, because a standard error from few samples is itself uncertain. For 11 samples t is 2.23 at 95 %, not 1.96.
 *
 * Exact for normal samples. The terms of a Frobenius norm are squares: positive and skewed to the right where few eigenvalues dominate,
 * and a symmetric interval then misses large true values too often. For such a norm the interval is symmetric in the logarithm of the part that was
 * sampled, and its degrees of freedom are those of the variance of gamma-distributed terms, ν = 1/(3c² + 1/(samples − 1)) with c the
 * relative standard error of that part (by matching the variance of the sample variance, whose excess kurtosis is then 6·samples·c²;
 * derived here). Measured coverage is in docs/hessian-estimators.md. An exact estimate has an interval of no width.
 *
 * @param level - Probability between 0 and 1; 0.95 by default.
 * @throws HessianEstimatorsError `INVALID_ARGUMENT` if `level` or `estimate.samples` is out of range.
 */
export function confidenceInterval(estimate: SampledEstimate, level = 0.95): ConfidenceInterval {
  checkShare("confidenceInterval", "level", level);
  const { value, standardError, samples, known } = estimate;
  if (standardError === 0) return { lower: value, upper: value };
  checkInteger("confidenceInterval", "estimate.samples", samples, 2);
  const sampled = known === undefined ? 0 : value ** 2 - known;
  if (known !== undefined && sampled > 0) {
    const relative = (2 * value * standardError) / sampled;
    const degrees = Math.max(1, Math.round(1 / (3 * relative ** 2 + 1 / (samples - 1))));
    const reach = Math.exp(studentQuantile(degrees, level) * relative);
    return { lower: Math.sqrt(known + sampled / reach), upper: Math.sqrt(known + sampled * reach) };
  }
  const reach = studentQuantile(samples - 1, level) * standardError;
  return { lower: value - reach, upper: value + reach };
}

/** @internal t with P(|T| ≤ t) = level, by bisection in the angle θ = atan(t/√ν). */
export function studentQuantile(degrees: number, level: number): number {
  let below = 0;
  let above = Math.PI / 2;
  for (let step = 0; step < 60; step++) {
    const middle = (below + above) / 2;
    if (centralProbability(degrees, middle) < level) below = middle;
    else above = middle;
  }
  return Math.sqrt(degrees) * Math.tan((below + above) / 2);
}

/** P(|T| ≤ √ν·tan θ) for a whole number ν of degrees of freedom: Abramowitz and Stegun (1964), 26.7.3 and 26.7.4. */
function centralProbability(degrees: number, theta: number): number {
  const odd = degrees % 2 === 1;
  const cosine = Math.cos(theta);
  let term = odd ? cosine : 1;
  let series = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k < degrees; k += 2) {
    term *= ((k - 1) / k) * cosine * cosine;
    series += term;
  }
  return odd ? (2 / Math.PI) * (theta + Math.sin(theta) * series) : Math.sin(theta) * series;
}
