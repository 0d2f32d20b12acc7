import { describe, expect, it } from "vitest";
import { LinearAlgebraError, symmetricEigen, tridiagonalEigen } from "../../src/index.js";
import { generator, largestDifference } from "../support.js";

const full = (d: Float64Array, e: Float64Array): Float64Array => {
  const n = d.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    matrix[i * n + i] = d[i]!;
    if (i > 0) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = e[i - 1]!;
  }
  return matrix;
};

describe.each([1, 2, 5, 40, 150])("a tridiagonal matrix of size %d", (n) => {
  const random = generator(n + 7);
  const d = Float64Array.from({ length: n }, random);
  const e = Float64Array.from({ length: n - 1 }, random);
  const { values, rows } = tridiagonalEigen(d, e);

  it("is rebuilt from its eigenvectors in columns", () => {
    const rebuilt = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        for (let k = 0; k < n; k++) rebuilt[i * n + j]! += rows[i * n + k]! * values[k]! * rows[j * n + k]!;
    expect(largestDifference(rebuilt, full(d, e))).toBeLessThan(1e-14 * n);
  });

  it("has the eigenvalues of the dense solver, and the same ones without vectors", () => {
    expect(largestDifference(values, symmetricEigen(full(d, e), n).values)).toBeLessThan(1e-13);
    expect(largestDifference(values, tridiagonalEigen(d, e, "none").values)).toBeLessThan(1e-13);
  });

  it("has Gauss weights that integrate polynomials: Σ w λᵏ = (Tᵏ)₁₁", () => {
    const first = tridiagonalEigen(d, e, "first-components");
    expect(first.rowCount).toBe(1);
    const moment = (k: number): number =>
      first.values.reduce((sum, value, i) => sum + first.rows[i]! ** 2 * value ** k, 0);
    expect(moment(0)).toBeCloseTo(1, 13);
    expect(moment(1)).toBeCloseTo(d[0]!, 13);
    expect(moment(2)).toBeCloseTo(d[0]! ** 2 + (n > 1 ? e[0]! ** 2 : 0), 13);
  });
});

it("leaves its arguments alone", () => {
  const d = Float64Array.of(1, 2);
  const e = Float64Array.of(3);
  tridiagonalEigen(d, e);
  expect([...d, ...e]).toEqual([1, 2, 3]);
});

it("splits where off-diagonal entries are zero", () => {
  expect([...tridiagonalEigen(Float64Array.of(1, 5, 3), Float64Array.of(0, 0)).values]).toEqual([5, 3, 1]);
});

it("refuses arguments that do not fit", () => {
  expect(() => tridiagonalEigen(new Float64Array(3), new Float64Array(3))).toThrow(LinearAlgebraError);
  expect(() => tridiagonalEigen(Float64Array.of(1, NaN), Float64Array.of(1))).toThrow(/diagonal/);
  expect(() =>
    tridiagonalEigen(new Float64Array(3), new Float64Array(2), { rows: new Float64Array(4), rowCount: 1 }),
  ).toThrow("tridiagonalEigen: expected carry.rows of length 3, got 4.");
});
