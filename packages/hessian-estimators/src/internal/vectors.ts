import { axpy, dot } from "@sgdscope/linear-algebra";

/** ‖x‖². */
export const squaredNorm = (x: Float64Array): number => dot(x, x);

/** The sum of `coefficients[i]·vectors[i]`. */
export function combine(coefficients: ArrayLike<number>, vectors: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  vectors.forEach((vector, i) => axpy(coefficients[i]!, vector, sum));
  return sum;
}

/** M·x of a matrix given by its rows. */
export const multiplyRows = (rows: readonly Float64Array[], x: Float64Array): Float64Array =>
  Float64Array.from(rows, (row) => dot(row, x));
