import { expectDimension, expectLength } from "./errors.js";
import { norm, type Vector } from "./vector.js";

/** An orthonormal basis of the span of the given rows. */
export interface OrthonormalRows {
  /** Number of rows kept: the numerical rank. */
  rank: number;
  /** `rank × length`, row-major. */
  basis: Float64Array;
  /** `R` with `A = R·basis`: row i has the coefficients of row i of the input; `count × rank`, lower trapezoidal. */
  coefficients: Float64Array;
}

/**
 * Orthonormalises rows by modified Gram–Schmidt with a second pass, so that orthogonality holds to rounding
 * ("twice is enough"); rows that add no direction are left out. This is the QR factorisation of `Aᵀ`.
 *
 * @param rows - `count × length`, row-major; not changed.
 * @param options.tolerance - A row is left out when less than this fraction of its norm is new. Default 1e-12.
 * @returns The basis and the coefficients `R`, `A = R·basis`. Cost `4·count²·length` operations.
 * @throws LinearAlgebraError SHAPE_MISMATCH when `rows` does not fit its shape.
 * @see Giraud, Langou & Rozložník (2005), Comput. Math. Appl. 50, on the second pass.
 */
export function orthonormalizeRows(
  rows: Vector,
  count: number,
  length: number,
  options: { tolerance?: number } = {},
): OrthonormalRows {
  expectDimension("orthonormalizeRows", "count", count);
  expectDimension("orthonormalizeRows", "length", length);
  expectLength("orthonormalizeRows", `rows [${count} × ${length}]`, rows, count * length);
  const { tolerance = 1e-12 } = options;
  const most = Math.min(count, length);
  const basis = new Float64Array(most * length);
  const made = new Float64Array(count * most);
  let rank = 0;
  for (let i = 0; i < count; i++) {
    const row = Float64Array.from(rows.subarray(i * length, (i + 1) * length));
    const before = norm(row);
    const parts = projectOut(row, basis, rank);
    made.set(parts, i * most);
    const left = norm(row);
    if (rank === most || !(left > tolerance * before)) continue;
    for (let j = 0; j < length; j++) basis[rank * length + j] = row[j]! / left;
    made[i * most + rank] = left;
    rank++;
  }
  const coefficients = new Float64Array(count * rank);
  for (let i = 0; i < count; i++) coefficients.set(made.subarray(i * most, i * most + rank), i * rank);
  return { rank, basis: basis.slice(0, rank * length), coefficients };
}

/**
 * Removes from `x`, in place, its components along the first `count` orthonormal rows of `basis`, twice.
 *
 * @param x - Length m; overwritten.
 * @param basis - At least `count` orthonormal rows of length m, row-major.
 * @returns The `count` components that were removed.
 */
export function projectOut(x: Float64Array, basis: Float64Array, count: number): Float64Array {
  const length = x.length;
  const parts = new Float64Array(count);
  for (let pass = 0; pass < 2; pass++)
    for (let k = 0; k < count; k++) {
      const row = k * length;
      let part = 0;
      for (let j = 0; j < length; j++) part += basis[row + j]! * x[j]!;
      for (let j = 0; j < length; j++) x[j]! -= part * basis[row + j]!;
      parts[k]! += part;
    }
  return parts;
}
