import { NoiseStructureError } from "../errors.js";
import { expectInteger, expectNumbers } from "../noise-strength/arguments.js";
import { estimate, type Estimate } from "../noise-strength/estimate.js";

/** The width of a cloud of iterates along one direction. */
export interface CloudWidth {
  /** Standard deviation of the iterates along the unit direction. */
  width: Estimate;
  /** The predicted standard deviation; undefined where none was given. */
  predicted: number | undefined;
  /** `width/predicted`, with its standard error. */
  ratio: Estimate | undefined;
}

/** Options of {@link cloudWidth}. */
export interface CloudWidthOptions {
  /** Predicted variances, one per direction: `eᵀΣ_θe` of a stationary covariance. */
  predictedVariances?: ArrayLike<number>;
  /** The centre of the cloud, length P, where it is known; otherwise the mean of the iterates. */
  centre?: ArrayLike<number>;
  /** Number of blocks into which the iterates are cut for the standard errors, at least 2; default ⌊√k⌋. */
  blocks?: number;
}

/**
 * The width of the cloud of the last k iterates of SGD along given directions, beside a predicted width.
 *
 * Iterates are correlated in time, so variances and their standard errors come from the means of consecutive blocks
 * (batch means), which are nearly independent when a block is much longer than the correlation time `1/(ηh)` of the
 * direction. Without `centre` the variance of the mean is estimated from the blocks and added back, because
 * deviations from a mean of the same iterates are too small by that amount. Predictions are stationary covariances, such
 * as that of a quadratic with measured noise; this function only compares.
 *
 * That SGD moves a cloud of points, too wide for narrow valleys, is from Bengio's lectures of 2018; the estimator is
 * elementary statistics.
 *
 * @param iterates - k × P, row-major, in order of time.
 * @param directions - m × P, row-major, orthogonal or not; used as unit vectors.
 * @param shape - k (at least 4) and P; m follows.
 * @returns One entry per direction. Cost kPm operations, memory of km numbers.
 * @throws NoiseStructureError SHAPE_MISMATCH, NOT_FINITE, or INVALID_ARGUMENT for a direction of length 0, a predicted
 *   variance that is negative, or more blocks than half the iterates.
 */
export function cloudWidth(
  iterates: Float64Array | Float32Array,
  directions: Float64Array | Float32Array,
  shape: { iterates: number; parameters: number },
  options: CloudWidthOptions = {},
): CloudWidth[] {
  const caller = "cloudWidth";
  const { iterates: k, parameters } = shape;
  expectInteger(caller, "shape.iterates", k, 4);
  expectInteger(caller, "shape.parameters", parameters);
  expectNumbers(caller, `iterates [${k} × ${parameters}]`, iterates, k * parameters);
  const count = directions.length / parameters;
  expectInteger(caller, "the number of directions", count);
  expectNumbers(caller, `directions [${count} × ${parameters}]`, directions, count * parameters);
  const { predictedVariances, centre, blocks = Math.floor(Math.sqrt(k)) } = options;
  if (predictedVariances) expectNumbers(caller, "options.predictedVariances", predictedVariances, count);
  if (centre) expectNumbers(caller, `options.centre [${parameters}]`, centre, parameters);
  expectInteger(caller, "options.blocks", blocks, 2);
  if (2 * blocks > k)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: expected options.blocks of at most half of the ${k} iterates, got ${blocks}.`,
    );
  return Array.from({ length: count }, (_, m) => {
    const direction = directions.subarray(m * parameters, (m + 1) * parameters);
    let length = 0;
    for (const value of direction) length += value * value;
    const variance = predictedVariances?.[m];
    if (length === 0) throw new NoiseStructureError("INVALID_ARGUMENT", `${caller}: direction ${m} has length 0.`);
    if (variance !== undefined && variance < 0)
      throw new NoiseStructureError(
        "INVALID_ARGUMENT",
        `${caller}: expected options.predictedVariances[${m}] of at least 0, got ${variance}.`,
      );
    const coordinates = new Float64Array(k);
    for (let t = 0, o = 0; t < k; t++) {
      let sum = 0;
      for (let a = 0; a < parameters; a++, o++) sum += (iterates[o]! - (centre?.[a] ?? 0)) * direction[a]!;
      coordinates[t] = sum / Math.sqrt(length);
    }
    const width = widthOf(coordinates, blocks, centre !== undefined);
    const predicted = variance === undefined ? undefined : Math.sqrt(variance);
    const ratio =
      predicted === undefined || predicted === 0
        ? undefined
        : estimate(width.value / predicted, width.standardError / predicted);
    return { width, predicted, ratio };
  });
}

/** Standard deviation of a correlated series about 0, or about its own mean. */
function widthOf(series: Float64Array, blocks: number, centred: boolean): Estimate {
  const count = series.length;
  let mean = 0;
  if (!centred) for (const value of series) mean += value / count;
  let square = 0;
  for (const value of series) square += (value - mean) ** 2 / count;
  let varianceOfMean = 0;
  let varianceOfSquare = 0;
  for (let b = 0; b < blocks; b++) {
    const start = Math.floor((b * count) / blocks);
    const end = Math.floor(((b + 1) * count) / blocks);
    let deviation = 0;
    let excess = 0;
    for (let t = start; t < end; t++) {
      deviation += (series[t]! - mean) / (end - start);
      excess += ((series[t]! - mean) ** 2 - square) / (end - start);
    }
    varianceOfMean += deviation ** 2 / (blocks * (blocks - 1));
    varianceOfSquare += excess ** 2 / (blocks * (blocks - 1));
  }
  const value = Math.sqrt(square + (centred ? 0 : varianceOfMean));
  return estimate(value, value === 0 ? 0 : Math.sqrt(varianceOfSquare) / (2 * value));
}
