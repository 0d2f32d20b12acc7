import { multiply } from "../product.js";
import { tridiagonalEigen } from "./tridiagonal.js";
import { mergeHalves, type RisingEigen } from "./rank-one-update.js";

/** Matrices of this size and smaller are left to the QL method. */
const LEAF = 48;

/**
 * Eigenvalues and eigenvectors of a symmetric tridiagonal matrix by dividing it in two, up to a matrix of rank one.
 *
 * Nearly all work is in products of matrices, and much of it falls away where eigenvalues lie close together (deflation). Orthogonal to
 * working accuracy, because the vectors are those of a nearby update whose eigenvalues are known exactly.
 *
 * @param diagonal - Length n.
 * @param offDiagonal - Length n − 1. Both of order 1: nothing is scaled here.
 * @returns At most about `4n³/3` operations and five matrices of memory.
 * @throws LinearAlgebraError NOT_CONVERGED as `tridiagonalEigen`.
 * @see Cuppen (1981), Numer. Math. 36; Gu & Eisenstat (1995), SIAM J. Matrix Anal. Appl. 16, 172–191; LAPACK's dlaed2 for the deflation.
 */
export function divideAndConquer(diagonal: Float64Array, offDiagonal: Float64Array): RisingEigen {
  const n = diagonal.length;
  if (n <= LEAF) {
    const { values, rows: columns } = tridiagonalEigen(diagonal, offDiagonal);
    const rows = new Float64Array(n * n);
    for (let k = 0; k < n; k++) for (let i = 0; i < n; i++) rows[(n - 1 - k) * n + i] = columns[i * n + k]!;
    return { values: values.reverse(), rows };
  }
  const half = n >> 1;
  const coupling = offDiagonal[half - 1]!;
  const size = Math.abs(coupling);
  const left = diagonal.slice(0, half);
  const right = diagonal.slice(half);
  left[half - 1]! -= size;
  right[0]! -= size;
  const first = divideAndConquer(left, offDiagonal.subarray(0, half - 1));
  const second = divideAndConquer(right, offDiagonal.subarray(half));
  return mergeHalves(first, second, coupling, multiply);
}
