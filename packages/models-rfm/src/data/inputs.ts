import { gaussian } from "@sgdscope/random";
import { expectCount, expectPositive } from "../errors.js";
import { dot } from "../matrix.js";
import type { Random } from "../model.js";

/** `count` independent standard normal inputs, row-major [count, dimension]. Throws ModelsRfmError `INVALID_SIZE`. */
export function gaussianInputs(count: number, dimension: number, random: Random): Float64Array {
  expectCount("gaussianInputs: expected count", count);
  expectCount("gaussianInputs: expected dimension", dimension);
  return gaussian(count * dimension, random);
}

/**
 * `count` independent inputs, uniform on the sphere of that radius, row-major [count, dimension].
 *
 * @param radius - Default √dimension, so that coordinates have variance 1.
 * @throws ModelsRfmError `INVALID_SIZE`.
 */
export function uniformOnSphere(
  count: number,
  dimension: number,
  random: Random,
  radius: number = Math.sqrt(dimension),
): Float64Array {
  expectCount("uniformOnSphere: expected count", count);
  expectCount("uniformOnSphere: expected dimension", dimension);
  expectPositive("uniformOnSphere: expected radius", radius);
  const X = gaussian(count * dimension, random);
  for (let i = 0; i < count; i++) {
    const row = X.subarray(i * dimension, (i + 1) * dimension);
    const norm = Math.sqrt(dot(row, 0, row, 0, dimension));
    for (let k = 0; k < dimension; k++) row[k]! *= radius / norm;
  }
  return X;
}
