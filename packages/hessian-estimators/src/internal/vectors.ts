import { axpy, dot } from "@sgdscope/linear-algebra";

/** ‖x‖². */
export const squaredNorm = (x: Float64Array): number => dot(x, x);

/** The sum of `coefficients[i]·vectors[i]`. */
export function combine(coefficients: ArrayLike<number>, vectors: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(vectors[0]!.length);
  vectors.forEach((vector, i) => axpy(coefficients[i]!, vector, sum));
  return sum;
}

/**
 * v ← (I − QQᵀ)v for the orthonormal columns Q; returns the coefficients Qᵀv that were taken out.
 *
 * One column after the other (modified Gram and Schmidt), and all of it twice: then v is orthogonal to Q to rounding.
 */
export function projectOut(columns: readonly Float64Array[], v: Float64Array): Float64Array {
  const coefficients = new Float64Array(columns.length);
  for (let pass = 0; pass < 2; pass++)
    columns.forEach((column, i) => {
      const c = dot(column, v);
      axpy(-c, column, v);
      coefficients[i]! += c;
    });
  return coefficients;
}

/** M·x of a matrix given by its rows. */
export const multiplyRows = (rows: readonly Float64Array[], x: Float64Array): Float64Array =>
  Float64Array.from(rows, (row) => dot(row, x));
