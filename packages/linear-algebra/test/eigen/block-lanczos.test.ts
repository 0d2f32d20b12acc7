import { describe, expect, it } from "vitest";
import { gramOfRows, leadingEigenpairs, multiplyTransposed, norm, symmetricEigen } from "../../src/index.js";
import type { LeadingEigenpairs, LeadingEigenpairsOptions } from "../../src/index.js";
import { generator } from "../support.js";

function finish(matrix: Float64Array, size: number, options: LeadingEigenpairsOptions): LeadingEigenpairs {
  const steps = leadingEigenpairs(matrix, size, options);
  for (let last = 0; ;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    expect(value).toBeGreaterThan(last);
    expect(value).toBeLessThanOrEqual(1);
    last = value;
  }
}

const numbers = (count: number, seed: number): Float64Array => {
  const random = generator(seed);
  return Float64Array.from({ length: count }, random);
};

/** `size × size` of rank `rank`, whose k-th eigenvalue is about `k^−exponent`. */
const powerLaw = (size: number, rank: number, exponent: number): Float64Array =>
  gramOfRows(
    numbers(size * rank, size).map((value, k) => value * (1 + (k % rank)) ** (-exponent / 2)),
    size,
    rank,
  );

describe.each([
  [300, 400, 0.8],
  [300, 400, 2],
  [200, 60, 1],
])("the leading eigenpairs of a matrix of %d rows and rank %d, spectrum k^−%d", (size, rank, exponent) => {
  const matrix = powerLaw(size, rank, exponent);
  const found = finish(matrix, size, { count: 40, blockSize: 8, basisSize: 160, tolerance: 1e-6 });
  const count = found.values.length;

  it("are those of the dense decomposition, as exactly as residuals say", () => {
    expect(count).toBeGreaterThan(20);
    const { values } = symmetricEigen(matrix, size);
    for (let k = 0; k < count; k++) expect(Math.abs(found.values[k]! / values[k]! - 1)).toBeLessThan(1e-9);
  });

  it("are orthonormal, with the residuals that are given", () => {
    const identity = multiplyTransposed(found.vectors, found.vectors, count, size, count);
    for (let a = 0; a < count; a++)
      for (let b = 0; b < count; b++) expect(identity[a * count + b]).toBeCloseTo(a === b ? 1 : 0, 11);
    const image = multiplyTransposed(found.vectors, matrix, count, size, size);
    for (let k = 0; k < count; k++) {
      const residual = norm(
        image
          .subarray(k * size, (k + 1) * size)
          .map((value, j) => value - found.values[k]! * found.vectors[k * size + j]!),
      );
      expect(residual).toBeLessThan(1.01e-6 * found.values[k]!);
      expect(Math.abs(residual - found.residuals[k]!)).toBeLessThan(1e-12 * found.values[0]!);
    }
  });
});

it("finds all eigenpairs where the basis holds them, repeated and zero ones too", () => {
  const size = 24;
  const diagonal = Float64Array.from({ length: size * size }, (_, k) =>
    k % (size + 1) === 0 ? ([3, 3, 3, 2, 1, 1][k / (size + 1)] ?? 0) : 0,
  );
  const { values } = finish(diagonal, size, { count: 6, blockSize: 4, basisSize: 24 });
  expect(Array.from(values, (value) => Number(value.toFixed(10)))).toEqual([3, 3, 3, 2, 1, 1]);
});

it("gives fewer than wanted where the basis is too small, and never a wrong one", () => {
  const matrix = powerLaw(300, 400, 0.3);
  const found = finish(matrix, 300, { count: 60, blockSize: 10, basisSize: 60 });
  expect(found.values.length).toBeLessThan(60);
  const { values } = symmetricEigen(matrix, 300);
  for (const [k, value] of found.values.entries()) expect(Math.abs(value / values[k]! - 1)).toBeLessThan(1e-8);
});

it("refuses a matrix of another size, no eigenpairs, and what is not finite", () => {
  const run = (matrix: Float64Array, size: number, count: number) => () => finish(matrix, size, { count });
  expect(run(new Float64Array(8), 3, 1)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
  expect(run(new Float64Array(9), 3, 0)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  expect(run(new Float64Array(8), 3, 1)).toThrow("matrix [3 × 3] of length 9, got 8");
  expect(run(new Float64Array(9), 3, 0)).toThrow("options.count");
  expect(run(Float64Array.of(1, NaN, NaN, 1), 2, 1)).toThrow(expect.objectContaining({ code: "NOT_FINITE" }));
});
