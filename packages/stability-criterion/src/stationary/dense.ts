import { multiply, transpose } from "@sgdscope/linear-algebra";
import { StabilityError } from "../errors.js";

/** @internal A finite symmetric matrix of the given size, or an error that names it. */
export function readMatrix(caller: string, name: string, matrix: Float64Array, size: number): Float64Array {
  if (matrix.length !== size * size || size === 0)
    throw new StabilityError(
      "SHAPE_MISMATCH",
      `${caller}: expected ${name} to be a square matrix as wide as hessian, got ${matrix.length} numbers.`,
    );
  let largest = 0;
  for (const value of matrix) largest = Math.max(largest, Math.abs(value));
  for (let a = 0; a < size; a++)
    for (let b = 0; b <= a; b++) {
      const [lower, upper] = [matrix[a * size + b]!, matrix[b * size + a]!];
      if (!(Math.abs(lower - upper) <= 1e-12 * largest) || !Number.isFinite(lower))
        throw new StabilityError(
          "INVALID_ARGUMENT",
          `${caller}: expected ${name} to be finite and symmetric, got ${lower} and ${upper} at (${a}, ${b}).`,
        );
    }
  return matrix;
}

/** @internal `A·B`, square. */
export const product = (a: Float64Array, b: Float64Array, size: number): Float64Array =>
  multiply(a, b, size, size, size);

/** @internal `Aᵀ`, square. */
export const transposeOf = (a: Float64Array, size: number): Float64Array => transpose(a, size, size);

/** @internal `A + B`. */
export const add = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, k) => value + b[k]!);
