import { afterEach, describe, expect, it } from "vitest";
import {
  gramOfRows,
  multiply,
  multiplyTransposed,
  orthonormalizeRows,
  symmetricEigen,
  symmetricEigenvalues,
} from "../../src/index.js";
import { useKernels } from "../../src/kernels/kernels.js";
import { generator, largestDifference, symmetric } from "../support.js";

afterEach(() => useKernels("threads"));

/** `Σ values[k]·qₖqₖᵀ` with a random orthonormal basis. */
function withSpectrum(values: readonly number[], seed: number): Float64Array {
  const n = values.length;
  const random = generator(seed);
  const { basis: rows } = orthonormalizeRows(Float64Array.from({ length: n * n }, random), n, n);
  const weighted = rows.map((value, k) => value * values[Math.floor(k / n)]!);
  const columns = Float64Array.from({ length: n * n }, (_, k) => rows[(k % n) * n + Math.floor(k / n)]!);
  const matrix = multiply(columns, weighted, n, n, n);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[j * n + i] = matrix[i * n + j]!;
  return matrix;
}

function tridiagonalMatrix(diagonal: readonly number[], coupling: (k: number) => number): Float64Array {
  const n = diagonal.length;
  const matrix = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    matrix[k * n + k] = diagonal[k]!;
    if (k + 1 < n) matrix[k * n + k + 1] = matrix[(k + 1) * n + k] = coupling(k);
  }
  return matrix;
}

/** Wilkinson's W₂ₘ₊₁⁺: pairs of eigenvalues that agree to working accuracy. */
const wilkinson = (m: number): number[] => Array.from({ length: 2 * m + 1 }, (_, k) => Math.abs(m - k));
const range = (n: number, value: (k: number) => number): number[] => Array.from({ length: n }, (_, k) => value(k));

const cases: readonly [string, number, () => Float64Array][] = [
  ["random", 300, () => symmetric(300, generator(1))],
  ["of odd size, just above the leaf", 129, () => symmetric(129, generator(2))],
  [
    "clustered",
    200,
    () =>
      withSpectrum(
        range(200, (k) => 1 + 1e-14 * k),
        3,
      ),
  ],
  [
    "clustered in two places",
    200,
    () =>
      withSpectrum(
        range(200, (k) => (k % 2) + 1e-9 * k),
        4,
      ),
  ],
  [
    "graded",
    200,
    () =>
      withSpectrum(
        range(200, (k) => 10 ** ((-16 * k) / 199)),
        5,
      ),
  ],
  [
    "graded in its entries",
    200,
    () => symmetric(200, generator(6)).map((x, k) => x * 10 ** (-0.04 * (Math.floor(k / 200) + (k % 200)))),
  ],
  [
    "repeated",
    150,
    () =>
      withSpectrum(
        range(150, (k) => k % 3),
        7,
      ),
  ],
  ["rank-deficient", 256, () => gramOfRows(Float64Array.from({ length: 256 * 20 }, generator(8)), 256, 20)],
  ["of rank one", 160, () => gramOfRows(Float64Array.from({ length: 160 }, generator(9)), 160, 1)],
  [
    "with both signs",
    200,
    () =>
      withSpectrum(
        range(200, (k) => (k % 2 ? -1 : 1) / (1 + k)),
        10,
      ),
  ],
  ["Wilkinson's", 201, () => tridiagonalMatrix(wilkinson(100), () => 1)],
  [
    "glued Wilkinson's",
    210,
    () =>
      tridiagonalMatrix(
        range(210, (k) => wilkinson(10)[k % 21]!),
        (k) => (k % 21 === 20 ? 1e-11 : 1),
      ),
  ],
  [
    "glued Wilkinson's, loosely",
    210,
    () =>
      tridiagonalMatrix(
        range(210, (k) => wilkinson(10)[k % 21]!),
        (k) => (k % 21 === 20 ? 1e-4 : 1),
      ),
  ],
  [
    "the second difference",
    300,
    () =>
      tridiagonalMatrix(
        range(300, () => 2),
        () => -1,
      ),
  ],
  [
    "tiny couplings",
    200,
    () =>
      tridiagonalMatrix(
        range(200, (k) => 1 + k / 200),
        (k) => 10 ** -(k % 40),
      ),
  ],
  [
    "negative couplings, one missing",
    200,
    () =>
      tridiagonalMatrix(
        range(200, (k) => Math.cos(k)),
        (k) => (k === 99 ? 0 : -1),
      ),
  ],
  ["equal entries", 140, () => new Float64Array(140 * 140).fill(3)],
  [
    "diagonal",
    150,
    () =>
      tridiagonalMatrix(
        range(150, (k) => (k * 7) % 13),
        () => 0,
      ),
  ],
  ["zero", 130, () => new Float64Array(130 * 130)],
];

describe.each(cases)("the eigendecomposition of a large matrix, %s", (_, n, make) => {
  const matrix = make();
  const { values, vectors } = symmetricEigen(matrix, n);
  const scale = Math.max(...values.map(Math.abs), Number.MIN_VALUE);

  it("has small residuals", () => {
    const images = multiplyTransposed(vectors, matrix, n, n, n);
    const residuals = images.map((value, k) => (value - values[Math.floor(k / n)]! * vectors[k]!) / scale);
    expect(Math.max(...residuals.map(Math.abs))).toBeLessThan(2 * n * Number.EPSILON);
  });

  it("has orthonormal vectors", () => {
    const identity = Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0));
    expect(largestDifference(gramOfRows(vectors, n, n), identity)).toBeLessThan(2 * n * Number.EPSILON);
  });

  it("has the eigenvalues of the QL method in JavaScript, largest first", () => {
    useKernels("javascript");
    const expected = symmetricEigen(matrix, n).values;
    useKernels("threads");
    const alone = symmetricEigenvalues(matrix, n);
    for (let k = 0; k < n; k++) {
      expect(Math.abs(values[k]! - expected[k]!)).toBeLessThanOrEqual(2 * n * Number.EPSILON * scale);
      expect(Math.abs(alone[k]! - expected[k]!)).toBeLessThanOrEqual(2 * n * Number.EPSILON * scale);
      if (k > 0) expect(values[k]!).toBeLessThanOrEqual(values[k - 1]!);
    }
  });
});

it("is the same bits for any number of threads", () => {
  const n = 600;
  const matrix = symmetric(n, generator(11));
  const threads = symmetricEigen(matrix, n);
  useKernels("one-thread");
  const one = symmetricEigen(matrix, n);
  expect(one.values.every((value, k) => Object.is(value, threads.values[k]))).toBe(true);
  expect(one.vectors.every((value, k) => Object.is(value, threads.vectors[k]))).toBe(true);
});
