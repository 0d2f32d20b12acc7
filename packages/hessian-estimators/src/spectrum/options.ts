import { norm, scale } from "@sgdscope/linear-algebra";
import { HessianEstimatorsError } from "../errors.js";
import { checkInteger, checkLength, checkOneOf, checkPositive } from "../internal/arguments.js";
import { projectOut } from "../internal/project-out.js";
import type { LongOptions, Randomness, ResumableOptions } from "../operator.js";
import { WHICH, type Which } from "./wanted.js";

/** Eigenvalues so far, and how far they are from converged. */
export interface RitzProgress {
  values: Float64Array;
  residuals: Float64Array;
}

/** What `topEigenpairs` accepts. */
export interface EigenpairsOptions extends LongOptions<RitzProgress>, Randomness, ResumableOptions {
  /** How many eigenpairs, with multiplicity; 1 by default. */
  count?: number | undefined;
  /** Which ones; `"largest-magnitude"` by default. */
  which?: Which | undefined;
  /** A pair has converged when ‖Av − λv‖ ≤ tolerance·|λ| for its unit vector, or at the rounding level; 1e-5 by default. */
  tolerance?: number | undefined;
  /** Most products to spend; by default 300, or 20 per pair if that is more. */
  maxMatvecs?: number | undefined;
  /** Most vectors to hold, each `size` numbers; the search restarts when it holds so many. By default as many as fit 512 MB. */
  maxBasis?: number | undefined;
  /**
   * Vectors the search continues from at a time; as many as `start` has by default, else 1. A block of b finds up to b directions of a
   * repeated eigenvalue at once and resolves a cluster of b in fewer rounds, for more products where the top is well separated.
   */
  block?: number | undefined;
  /**
   * Search once more, from a random start orthogonal to the pairs found, until it finds nothing better. Without it an eigenvalue
   * repeated more than `block` times counts `block` times. True by default where `count` > 1 or `start` is given.
   */
  confirm?: boolean | undefined;
  /**
   * Where to start, for example with the eigenvectors of an earlier checkpoint: one vector or several, each of length `size`, not
   * necessarily orthonormal. Random vectors by default, and to fill up to `block`.
   */
  start?: Float64Array | readonly Float64Array[] | undefined;
}

/** Eigenpairs with their accuracy. */
export interface Eigenpairs {
  /** Eigenvalues: for `"both-ends"` largest first, else most wanted first. */
  values: Float64Array;
  /** Unit eigenvectors in the same order, orthogonal to each other; the entry of largest magnitude is positive. */
  vectors: Float64Array[];
  /** ‖Av − λv‖ of each pair; some eigenvalue of a symmetric A lies at most this far from λ. */
  residuals: Float64Array;
  /** Whether each residual is within the tolerance. */
  converged: boolean[];
  /** Whether nothing better was found by a search from another start, orthogonal to these (or the whole space was searched). */
  confirmed: boolean;
  matvecs: number;
}

/** @internal Options checked and completed. */
export interface EigenpairsPlan {
  count: number;
  which: Which;
  tolerance: number;
  maxMatvecs: number;
  maxBasis: number;
  block: number;
  confirm: boolean;
  /** Orthonormal. */
  start: Float64Array[];
}

/** @internal */
export function eigenpairsPlan(caller: string, size: number, options: EigenpairsOptions): EigenpairsPlan {
  const { count = 1, which = "largest-magnitude", tolerance = 1e-5, start: given } = options;
  checkInteger(caller, "count", count, 1, size);
  checkOneOf(caller, "which", which, WHICH);
  checkPositive(caller, "tolerance", tolerance);
  const { maxMatvecs = Math.max(300, 20 * count), confirm = count > 1 || given !== undefined } = options;
  checkInteger(caller, "maxMatvecs", maxMatvecs, count);
  const start = given === undefined ? [] : orthonormal(caller, given instanceof Float64Array ? [given] : given, size);
  const { block = Math.max(1, start.length) } = options;
  checkInteger(caller, "block", block, 1, size);
  const { maxBasis = Math.max(2 * count + 20 * block, Math.floor(2 ** 29 / (8 * size))) } = options;
  checkInteger(caller, "maxBasis", maxBasis, Math.min(size, count + 1 + Math.max(block, start.length)));
  return { count, which, tolerance, maxMatvecs, maxBasis, block, confirm, start };
}

/** The starting vectors orthonormalised; those that add no direction are left out. */
function orthonormal(caller: string, start: readonly Float64Array[], size: number): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const given of start) {
    checkLength(caller, "start", given, size);
    const length = norm(given);
    if (!(length > 0) || length === Infinity)
      throw new HessianEstimatorsError(
        "INVALID_ARGUMENT",
        `${caller}: expected start to have a finite, positive norm, got ${length}`,
      );
    const v = given.map((x) => x / length);
    projectOut(basis, v);
    const rest = norm(v);
    if (rest > 1e-8) basis.push(scale(1 / rest, v));
  }
  return basis;
}
