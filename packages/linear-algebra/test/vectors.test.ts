import { describe, expect, it } from "vitest";
import {
  axpy,
  dot,
  LinearAlgebraError,
  multiply,
  norm,
  orthonormalizeRows,
  projectOut,
  scale,
  gramOfRows,
} from "../src/index.js";
import { generator, largestDifference } from "./support.js";

describe("vectors", () => {
  it("have inner products and norms, at any length", () => {
    for (const n of [0, 1, 3, 4, 9]) {
      const x = Float64Array.from({ length: n }, (_, i) => i + 1);
      expect(dot(x, x)).toBe((n * (n + 1) * (2 * n + 1)) / 6);
      expect(norm(x)).toBeCloseTo(Math.sqrt(dot(x, x)), 14);
    }
  });

  it("have norms where squares overflow or vanish", () => {
    expect(norm(Float64Array.of(3e200, 4e200)) / 5e200).toBeCloseTo(1, 14);
    expect(norm(Float64Array.of(3e-200, 4e-200)) / 5e-200).toBeCloseTo(1, 14);
    expect(norm(Float64Array.of(Infinity, 1))).toBe(Infinity);
    expect(norm(Float64Array.of(NaN, 1))).toBeNaN();
    expect(norm(new Float64Array(3))).toBe(0);
  });

  it("are scaled and added in place", () => {
    const y = Float64Array.of(1, 2);
    expect(axpy(2, Float32Array.of(3, 4), y)).toBe(y);
    expect([...scale(0.5, y)]).toEqual([3.5, 5]);
  });

  it("of unequal lengths are refused", () => {
    expect(() => dot(new Float64Array(2), new Float64Array(3))).toThrow("dot: expected y of length 2, got 3.");
    expect(() => axpy(1, new Float64Array(2), new Float64Array(3))).toThrow(LinearAlgebraError);
  });
});

describe("orthonormal rows", () => {
  it.each([
    [5, 9],
    [9, 5],
    [40, 40],
  ])("of %d × %d rebuild the rows", (count, length) => {
    const rows = Float64Array.from({ length: count * length }, generator(count));
    const { rank, basis, coefficients } = orthonormalizeRows(rows, count, length);
    expect(rank).toBe(Math.min(count, length));
    const identity = Float64Array.from({ length: rank * rank }, (_, k) => (k % (rank + 1) === 0 ? 1 : 0));
    expect(largestDifference(gramOfRows(basis, rank, length), identity)).toBeLessThan(1e-14);
    expect(largestDifference(multiply(coefficients, basis, count, rank, length), rows)).toBeLessThan(1e-13);
  });

  it("of nearly dependent rows are orthogonal to rounding", () => {
    const n = 10;
    const hilbert = Float64Array.from({ length: n * n }, (_, k) => 1 / (Math.floor(k / n) + (k % n) + 1));
    const { rank, basis } = orthonormalizeRows(hilbert, n, n, { tolerance: 1e-15 });
    const identity = Float64Array.from({ length: rank * rank }, (_, k) => (k % (rank + 1) === 0 ? 1 : 0));
    expect(rank).toBe(n);
    expect(largestDifference(gramOfRows(basis, rank, n), identity)).toBeLessThan(1e-14);
  });

  it("leave out rows that add nothing", () => {
    const { rank, coefficients } = orthonormalizeRows(Float64Array.of(1, 0, 0, 2, 0, 0, 0, 0, 0, 1, 1, 0), 4, 3);
    expect(rank).toBe(2);
    expect([...coefficients]).toEqual([1, 0, 2, 0, 0, 0, 1, 1]);
  });

  it("are what a vector loses when they are projected out", () => {
    const basis = Float64Array.of(1, 0, 0, 0, 1, 0);
    const x = Float64Array.of(2, 3, 4);
    expect([...projectOut(x, basis, 2)]).toEqual([2, 3]);
    expect([...x]).toEqual([0, 0, 4]);
  });
});
