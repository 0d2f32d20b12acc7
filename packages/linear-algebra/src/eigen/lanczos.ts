import { expectFinite, LinearAlgebraError } from "../errors.js";
import { projectOut } from "../orthonormalize.js";
import { norm } from "../vector.js";
import { tridiagonalEigen } from "./tridiagonal.js";

/** The largest eigenvalue of a symmetric map, with what is known about its accuracy. */
export interface LargestEigenpair {
  /** The Ritz value: a lower bound of the largest eigenvalue, wrong by at most about `residual²/gap`. */
  value: number;
  /** Unit vector. */
  vector: Float64Array;
  /** `‖A·vector − value·vector‖`; an eigenvalue lies within this distance of `value`. */
  residual: number;
  /** The largest second Ritz value, a lower bound of the second eigenvalue; undefined after a single product. */
  next?: number;
  /** How often the map was applied. */
  products: number;
  /** Whether the residual fell below `tolerance·|value|`. */
  converged: boolean;
}

/**
 * The largest eigenvalue of a symmetric map by the Lanczos method with full reorthogonalisation,
 * restarted from the best vector when the basis is full.
 *
 * @param apply - Symmetric linear map on vectors of the length of `start`; must not keep or change its argument.
 * @param start - First guess; must have a component along the wanted eigenvector. Not changed.
 * @param options.tolerance - Relative residual to stop at. The value is far more accurate: 1e-7 here is about 1e-14
 *   there. Default 1e-10.
 * @param options.maxProducts - Most applications of the map. Default 300.
 * @param options.basisSize - Vectors kept before a restart. Default 40.
 * @throws LinearAlgebraError INVALID_ARGUMENT when `start` is zero, NOT_FINITE when a product is not finite.
 * @see Golub & Van Loan, Matrix Computations, 4th ed., §10.1.
 */
export function largestEigenpair(
  apply: (x: Float64Array) => Float64Array,
  start: Float64Array,
  options: { tolerance?: number; maxProducts?: number; basisSize?: number } = {},
): LargestEigenpair {
  const { tolerance = 1e-10, maxProducts = 300 } = options;
  const size = start.length;
  const most = Math.max(1, Math.min(options.basisSize ?? 40, size));
  const length = norm(start);
  expectFinite("largestEigenpair", "start", start);
  if (!(length > 0))
    throw new LinearAlgebraError("INVALID_ARGUMENT", "largestEigenpair: start is zero, so it has no direction.");

  const basis = new Float64Array(most * size);
  let vector = start.map((value) => value / length);
  let products = 0;
  let next = -Infinity;
  for (;;) {
    const diagonal: number[] = [];
    const offDiagonal: number[] = [];
    basis.set(vector);
    for (let k = 1; ; k++) {
      const image = apply(basis.slice((k - 1) * size, k * size));
      expectFinite("largestEigenpair", "product", image);
      products++;
      const parts = projectOut(image, basis, k);
      diagonal.push(parts[k - 1]!);
      const left = norm(image);
      const { values, rows } = tridiagonalEigen(Float64Array.from(diagonal), Float64Array.from(offDiagonal));
      const value = values[0]!;
      next = Math.max(next, values[1] ?? -Infinity);
      const residual = left * Math.abs(rows[(k - 1) * k]!);
      const converged = residual <= tolerance * Math.abs(value) || left <= 1e-300;
      if (converged || k === most || products >= maxProducts) {
        vector = new Float64Array(size);
        for (let j = 0; j < k; j++)
          for (let i = 0, o = j * size; i < size; i++, o++) vector[i]! += rows[j * k]! * basis[o]!;
        if (converged || products >= maxProducts)
          return { value, vector, residual, ...(next > -Infinity ? { next } : {}), products, converged };
        break;
      }
      for (let i = 0, o = k * size; i < size; i++, o++) basis[o] = image[i]! / left;
      offDiagonal.push(left);
    }
  }
}
