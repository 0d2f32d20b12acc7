import { expectFinite, expectLength, LinearAlgebraError } from "../errors.js";
import { gramOfRows, multiply, multiplyTransposed } from "../product.js";
import { axpy, norm, type Vector } from "../vector.js";
import { symmetricEigen } from "./symmetric.js";

/** The largest eigenvalues of a symmetric matrix, with their eigenvectors. */
export interface LeadingEigenpairs {
  /** Largest first; length k. */
  values: Float64Array;
  /** Row k is the eigenvector of `values[k]`; k × n, row-major, orthonormal. */
  vectors: Float64Array;
  /** `‖A·vector − value·vector‖` of each. */
  residuals: Float64Array;
  /** Products of the matrix with a vector. */
  products: number;
}

/** How many eigenpairs are wanted, and how well. */
export interface LeadingEigenpairsOptions {
  /** Most eigenpairs that are given back. */
  count: number;
  /** Relative residual up to which an eigenpair counts. Default 1e-8. */
  tolerance?: number;
  /** Vectors that are multiplied at once: fewer converge sooner, more are faster. Default a thirtieth of the basis, at most 128. */
  blockSize?: number;
  /** Most vectors in the basis. Default 4 for each eigenpair that is wanted. */
  basisSize?: number;
}

/**
 * The leading eigenpairs of a symmetric positive semidefinite matrix by the block Lanczos method with full reorthogonalisation:
 * those of the largest eigenvalues down to the first that is not known to the tolerance, fewer than wanted where the basis is
 * too small for all.
 *
 * The matrix is read in products with blocks of vectors, so that a matrix far too large for all its eigenvalues still gives a
 * tenth of them. The start is fixed: the same matrix gives the same numbers.
 *
 * @param matrix - n × n, row-major, symmetric; not changed.
 * @param size - n. Cost `2n²` operations for each vector of the basis, `4n` for each pair of them, and their dense eigenproblem.
 * @param options - See {@link LeadingEigenpairsOptions}.
 * @yields {number} The share of the basis that is built, after each block.
 * @throws LinearAlgebraError SHAPE_MISMATCH, NOT_FINITE, and INVALID_ARGUMENT where nothing is wanted.
 * @see Golub & Van Loan, Matrix Computations, 4th ed., §10.3.
 */
export function* leadingEigenpairs(
  matrix: Vector,
  size: number,
  { count, tolerance = 1e-8, ...options }: LeadingEigenpairsOptions,
): Generator<number, LeadingEigenpairs> {
  expectLength("leadingEigenpairs", `matrix [${size} × ${size}]`, matrix, size * size);
  if (!(Number.isSafeInteger(count) && count > 0))
    throw new LinearAlgebraError(
      "INVALID_ARGUMENT",
      `leadingEigenpairs: expected options.count to be a positive integer, got ${count}.`,
    );
  const most = Math.min(size, Math.max(options.basisSize ?? 4 * count, count));
  const { blockSize = Math.min(128, Math.ceil(most / 30)) } = options;
  const basis = new Float64Array(most * size);
  /** The matrix in the basis. */
  const inner = new Float64Array(most * most);
  let block = orthonormal(signs(Math.min(blockSize, most) * size), basis, 0, size);
  let rank = 0;
  let last: LastBlock = { from: 0, coupling: new Float64Array(0), outside: 0 };
  while (block.count > 0) {
    const from = rank;
    basis.set(block.rows, from * size);
    rank += block.count;
    yield rank / most;
    const image = multiplyTransposed(block.rows, matrix, block.count, size, size);
    expectFinite("leadingEigenpairs", "product", image);
    const inside = multiplyTransposed(image, basis.subarray(0, rank * size), block.count, size, rank);
    for (let i = 0; i < block.count; i++)
      for (let j = 0; j < rank; j++) {
        inner[(from + i) * most + j] = inside[i * rank + j]!;
        inner[j * most + from + i] = inside[i * rank + j]!;
      }
    axpy(-1, multiply(inside, basis.subarray(0, rank * size), block.count, rank, size), image);
    const next = orthonormal(image, basis, rank, size, block.count);
    last = { from, coupling: next.coefficients, outside: next.count };
    // Part of a block would leave images outside that no residual knows of.
    if (rank + next.count > most) break;
    block = next;
  }
  return ritzPairs(basis.subarray(0, rank * size), inner, { size, rank, most, last, count, tolerance });
}

/** The last block of the basis, and what of its image lies outside. */
interface LastBlock {
  from: number;
  coupling: Float64Array;
  outside: number;
}

interface Block {
  count: number;
  /** count × size, orthonormal. */
  rows: Float64Array;
  /** What was orthonormalised is `coefficients·rows`; one row per row of it, count columns. */
  coefficients: Float64Array;
}

/** An orthonormal basis of what rows have beside the first vectors of the basis; directions of rounding are left out. */
function orthonormal(
  rows: Float64Array,
  basis: Float64Array,
  rank: number,
  size: number,
  count = rows.length / size,
): Block {
  let kept: Float64Array = rows;
  let coefficients: Float64Array | undefined;
  const before = norm(rows);
  // Twice is enough, also for lengths from the Gram matrix, which knows nothing below 1e-8.
  for (let pass = 0; pass < 2; pass++) {
    const height = kept.length / size;
    if (height === 0) break;
    if (rank > 0) {
      const known = basis.subarray(0, rank * size);
      axpy(-1, multiply(multiplyTransposed(kept, known, height, size, rank), known, height, rank, size), kept);
    }
    const smallest = Math.max(1e-7 * norm(kept), 1e-13 * before);
    const { values, vectors } = symmetricEigen(gramOfRows(kept, height, size), height);
    let left = 0;
    while (left < height && values[left]! > smallest * smallest) left++;
    const lengths = Array.from(values.subarray(0, left), Math.sqrt);
    const turn = vectors.slice(0, left * height);
    const turned = multiply(turn, kept, left, height, size);
    for (let a = 0; a < left; a++) for (let j = 0; j < size; j++) turned[a * size + j]! /= lengths[a]!;
    // kept = turnᵀ·diag(lengths)·turned but for what was left out.
    const factor = new Float64Array(height * left);
    for (let i = 0; i < height; i++)
      for (let a = 0; a < left; a++) factor[i * left + a] = turn[a * height + i]! * lengths[a]!;
    coefficients = coefficients === undefined ? factor : multiply(coefficients, factor, count, height, left);
    kept = turned;
  }
  return { count: kept.length / size, rows: kept, coefficients: coefficients ?? new Float64Array(0) };
}

function ritzPairs(
  basis: Float64Array,
  inner: Float64Array,
  {
    size,
    rank,
    most,
    last,
    count,
    tolerance,
  }: {
    size: number;
    rank: number;
    most: number;
    last: LastBlock;
    count: number;
    tolerance: number;
  },
): LeadingEigenpairs {
  const square = new Float64Array(rank * rank);
  for (let i = 0; i < rank; i++) square.set(inner.subarray(i * most, i * most + rank), i * rank);
  const { values, vectors } = symmetricEigen(square, rank);
  const height = rank - last.from;
  const residuals = new Float64Array(Math.min(count, rank));
  let known = 0;
  for (; known < residuals.length; known++) {
    if (last.outside > 0) {
      const ends = vectors.subarray(known * rank + last.from, (known + 1) * rank);
      residuals[known] = norm(multiply(ends, last.coupling, 1, height, last.outside));
    }
    if (!(residuals[known]! <= tolerance * values[known]!)) break;
  }
  return {
    values: values.slice(0, known),
    vectors: multiply(vectors.subarray(0, known * rank), basis, known, rank, size),
    residuals: residuals.slice(0, known),
    products: rank,
  };
}

/** Signs that look random and are always the same. */
function signs(length: number): Float64Array {
  let state = 0x9e3779b9;
  return Float64Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 1 ? 1 : -1;
  });
}
