import { checkInteger, checkShare } from "./internal/arguments.js";
import type { SampledEstimate } from "./operator.js";

/** An interval around an estimate. */
export interface ConfidenceInterval {
  lower: number;
  upper: number;
}

/**
 * The interval that covers the true value with the given probability.
 *
 * Student's t for samples − 1 degrees of freedom, because a standard error from few samples is itself uncertain: for 11 samples t is
 * 2.23 at 95 %, not 1.96. Where few eigenvalues dominate the samples are skewed, and a symmetric interval then misses large true values
 * two to ten times as often as it says; the interval is therefore shifted by the skewness of the samples, with the transformation of
 * Hall (1992). That of a Frobenius norm is the root of the interval of its square, whose samples are those that were averaged. A bias
 * that is known widens it on both sides. An exact estimate has an interval of no width.
 *
 * Measured coverage is in docs/hessian-estimators.md: 93 to 97 % at 95 % from 10 samples on. Estimates that cannot promise that say
 * `coverage: "unreliable"`.
 *
 * @param level - Probability between 0 and 1; 0.95 by default.
 * @throws HessianEstimatorsError `INVALID_ARGUMENT` if `level` or `estimate.samples` is out of range.
 */
export function confidenceInterval(estimate: SampledEstimate, level = 0.95): ConfidenceInterval {
  checkShare("confidenceInterval", "level", level);
  const { value, standardError, samples, known, skewness = 0, bias = 0 } = estimate;
  if (standardError === 0) return { lower: value - bias, upper: value + bias };
  checkInteger("confidenceInterval", "estimate.samples", samples, 2);
  const [below, above] = reaches(skewness / Math.sqrt(samples), studentQuantile(samples - 1, level));
  if (known !== undefined && value > 0) {
    const [square, error] = [value ** 2, 2 * value * standardError];
    const lower = Math.sqrt(Math.max(0, known, square - below * error));
    return { lower: lower - bias, upper: Math.sqrt(square + above * error) + bias };
  }
  return { lower: value - below * standardError - bias, upper: value + above * standardError + bias };
}

/**
 * @internal How many standard errors the interval reaches below and above a mean whose skewness is `skew`, so that it misses as often on
 * either side: the inverse of the cubic transformation by which Hall (1992, J. R. Stat. Soc. B 54, 221–228) makes Student's statistic
 * symmetric.
 */
export function reaches(skew: number, t: number): [number, number] {
  if (Math.abs(skew) < 1e-6) return [t, t];
  const quantile = (z: number): number => (3 / skew) * (Math.cbrt(1 + skew * (z - skew / 6)) - 1);
  return [Math.max(0, quantile(t)), Math.max(0, -quantile(-t))];
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
