import { NoiseStructureError } from "../errors.js";
import { SMALLEST_LOSS } from "../noise-structure.js";
import { expectNumbers } from "./arguments.js";
import { estimate, type Estimate } from "./estimate.js";

/** `log strength = intercept + slope·log loss`. */
export interface NoiseStrengthFit {
  /** 1 where the noise strength is proportional to the loss. */
  slope: Estimate;
  /** The logarithm of the strength at loss 1. */
  intercept: Estimate;
  /** Standard deviation of the logarithm of the strength about the line. */
  deviation: number;
  /** Fraction of the variance of the logarithm of the strength that the line explains. */
  explained: number;
  /** Records used. */
  records: number;
  /** Records left out: a strength of 0, or a loss below 1e-20, where residuals are rounding errors. */
  skipped: number;
}

/**
 * How the noise strength scales with the loss along training: least squares of log 𝒩 on log L.
 *
 * `𝒩 ∝ L^slope` with slope 1 is the prediction of Mori, Ziyin, Liu & Ueda (2021), arXiv:2105.09557, late in training with
 * the square loss; the fit is ordinary least squares. Its standard errors hold for records with independent deviations:
 * records close in time are not, so thin them.
 *
 * @param losses - L of each record.
 * @param strengths - 𝒩 of each record, from `noiseStrength`.
 * @throws NoiseStructureError INVALID_ARGUMENT with fewer than three usable records, negative entries, or one loss only;
 *   SHAPE_MISMATCH or NOT_FINITE.
 */
export function fitNoiseStrength(losses: ArrayLike<number>, strengths: ArrayLike<number>): NoiseStrengthFit {
  const caller = "fitNoiseStrength";
  expectNumbers(caller, "losses", losses, losses.length);
  expectNumbers(caller, "strengths, one for each loss", strengths, losses.length);
  const x: number[] = [];
  const y: number[] = [];
  for (let k = 0; k < losses.length; k++) {
    if (losses[k]! < 0 || strengths[k]! < 0)
      throw new NoiseStructureError(
        "INVALID_ARGUMENT",
        `${caller}: expected losses and strengths of at least 0, got ${losses[k]!} and ${strengths[k]!} at index ${k}.`,
      );
    if (losses[k]! < SMALLEST_LOSS || strengths[k] === 0) continue;
    x.push(Math.log(losses[k]!));
    y.push(Math.log(strengths[k]!));
  }
  const records = x.length;
  const centreX = x.reduce((sum, value) => sum + value, 0) / records;
  const centreY = y.reduce((sum, value) => sum + value, 0) / records;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let k = 0; k < records; k++) {
    xx += (x[k]! - centreX) ** 2;
    xy += (x[k]! - centreX) * (y[k]! - centreY);
    yy += (y[k]! - centreY) ** 2;
  }
  if (records < 3 || x.every((value) => value === x[0]))
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: cannot fit a line to ${records} usable record${records === 1 ? "" : "s"}; at least three records with positive strength and a loss of at least ${SMALLEST_LOSS} are needed, not all of the same loss.`,
    );
  const slope = xy / xx;
  let squares = 0;
  for (let k = 0; k < records; k++) squares += (y[k]! - centreY - slope * (x[k]! - centreX)) ** 2;
  const variance = squares / (records - 2);
  return {
    slope: estimate(slope, Math.sqrt(variance / xx)),
    intercept: estimate(centreY - slope * centreX, Math.sqrt(variance * (1 / records + centreX ** 2 / xx))),
    deviation: Math.sqrt(variance),
    explained: yy === 0 ? 1 : 1 - squares / yy,
    records,
    skipped: losses.length - records,
  };
}
