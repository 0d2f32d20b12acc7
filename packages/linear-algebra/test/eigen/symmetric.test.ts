import { describe, expect, it } from "vitest";
import {
  gramOfRows,
  multiplyTransposed,
  symmetricEigen,
  symmetricEigenvalues,
  symmetricFunction,
} from "../../src/index.js";
import { generator, largestDifference, symmetric } from "../support.js";

describe.each([1, 2, 3, 4, 5, 8, 33, 100, 257])("the eigendecomposition of a %d × %d matrix", (size) => {
  const matrix = symmetric(size, generator(size));
  const eigen = symmetricEigen(matrix, size);
  const scale = Math.max(1, ...eigen.values.map(Math.abs));

  it("rebuilds the matrix", () => {
    expect(
      largestDifference(
        symmetricFunction(eigen, (x) => x),
        matrix,
      ),
    ).toBeLessThan(1e-14 * size * scale);
  });

  it("has orthonormal eigenvectors", () => {
    const identity = Float64Array.from({ length: size * size }, (_, k) => (k % (size + 1) === 0 ? 1 : 0));
    expect(largestDifference(gramOfRows(eigen.vectors, size, size), identity)).toBeLessThan(2e-14 * Math.sqrt(size));
  });

  it("has eigenvalues largest first, the same without vectors, with the right trace", () => {
    for (let k = 1; k < size; k++) expect(eigen.values[k]!).toBeLessThanOrEqual(eigen.values[k - 1]!);
    expect(largestDifference(symmetricEigenvalues(matrix, size), eigen.values)).toBeLessThan(1e-13 * scale);
    let trace = 0;
    for (let i = 0; i < size; i++) trace += matrix[i * size + i]!;
    expect(Math.abs(trace - eigen.values.reduce((sum, x) => sum + x, 0))).toBeLessThan(1e-13 * size * scale);
  });
});

describe("special matrices", () => {
  it("the second difference has eigenvalues 2 − 2cos(kπ/(n + 1))", () => {
    const n = 50;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] = 2;
      if (i > 0) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = -1;
    }
    const { values } = symmetricEigen(matrix, n);
    values.forEach((value, k) => expect(value).toBeCloseTo(2 - 2 * Math.cos(((n - k) * Math.PI) / (n + 1)), 13));
  });

  it("diagonal, zero and empty ones come out exactly", () => {
    expect([...symmetricEigen(Float64Array.of(1, 0, 0, 0, 3, 0, 0, 0, 2), 3).values]).toEqual([3, 2, 1]);
    expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0]);
    expect(symmetricEigen(new Float64Array(0), 0).values).toHaveLength(0);
  });

  it("repeated eigenvalues and low rank keep orthonormal vectors", () => {
    const n = 40;
    const rows = Float64Array.from({ length: n * 3 }, generator(1));
    const { values, vectors } = symmetricEigen(gramOfRows(rows, n, 3), n);
    expect(values.filter((value) => Math.abs(value) > 1e-12 * values[0]!)).toHaveLength(3);
    const identity = Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0));
    expect(largestDifference(gramOfRows(vectors, n, n), identity)).toBeLessThan(1e-13);
  });

  it.each([1e-200, 1e200])("entries of size %d neither vanish nor overflow", (scale) => {
    const matrix = symmetric(12, generator(3));
    const expected = symmetricEigenvalues(matrix, 12);
    symmetricEigenvalues(
      matrix.map((x) => x * scale),
      12,
    ).forEach((value, k) => expect(value / scale / expected[k]!).toBeCloseTo(1, 10));
  });

  it("graded ones keep their large eigenvalues to full relative accuracy", () => {
    const n = 30;
    const matrix = symmetric(n, generator(4)).map((x, k) => x * 10 ** (-0.4 * (Math.floor(k / n) + (k % n))));
    const { values, vectors } = symmetricEigen(matrix, n);
    const image = multiplyTransposed(vectors, matrix, n, n, n);
    for (let k = 0; k < n; k++)
      for (let i = 0; i < n; i++)
        expect(Math.abs(image[k * n + i]! - values[k]! * vectors[k * n + i]!)).toBeLessThan(
          1e-14 * Math.abs(values[0]!) * 10,
        );
  });
});

it("reads the lower triangle only, leaves its argument alone and refuses what is not finite", () => {
  const matrix = Float64Array.of(2, 99, 1, 2);
  expect([...symmetricEigenvalues(matrix, 2)].map((x) => Math.round(x))).toEqual([3, 1]);
  expect([...matrix]).toEqual([2, 99, 1, 2]);
  expect(() => symmetricEigen(Float64Array.of(1, 0, NaN, 1), 2)).toThrow(
    "symmetricEigen: expected finite matrix, got NaN at index 2.",
  );
  expect(() => symmetricEigen(matrix, 3)).toThrow("symmetricEigen: expected matrix [3 × 3] of length 9, got 4.");
});
