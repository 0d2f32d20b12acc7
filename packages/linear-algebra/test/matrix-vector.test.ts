import { describe, expect, it } from "vitest";
import { LinearAlgebraError, multiplySymmetric, multiplyTransposed, multiplyVector } from "../src/index.js";
import { generator, largestDifference, symmetric } from "./support.js";

describe.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 31, 66])("products of %d rows with vectors", (rows) => {
  it.each([0, 1, 2, 3, 8, 33])("of length %d are inner products of the rows", (columns) => {
    const a = Float64Array.from({ length: rows * columns }, generator(1));
    const x = Float64Array.from({ length: columns }, generator(2));
    const expected = multiplyTransposed(a, x, rows, columns, 1);
    expect(largestDifference(multiplyVector(a, x, rows, columns), expected)).toBeLessThan(1e-14 * (columns + 1));
    const single = multiplyVector(Float32Array.from(a), Float32Array.from(x), rows, columns);
    expect(single).toBeInstanceOf(Float64Array);
    expect(largestDifference(single, expected)).toBeLessThan(1e-6 * (columns + 1));
  });

  it("read the lower triangle where the matrix is symmetric", () => {
    const a = symmetric(rows, generator(3));
    const x = Float64Array.from({ length: rows }, generator(4));
    const expected = multiplyVector(a, x, rows, rows);
    for (let i = 0; i < rows; i++) for (let j = i + 1; j < rows; j++) a[i * rows + j] = NaN;
    expect(largestDifference(multiplySymmetric(a, x, rows), expected)).toBeLessThan(1e-14 * (rows + 1));
  });
});

it("refuses shapes that do not fit, naming the argument", () => {
  const six = new Float64Array(6);
  expect(() => multiplyVector(six, new Float64Array(2), 2, 3)).toThrow("multiplyVector: expected x of length 3, got 2");
  expect(() => multiplyVector(six, six, 1.5, 4)).toThrow(LinearAlgebraError);
  expect(() => multiplySymmetric(six, six, 6)).toThrow("multiplySymmetric: expected a [6 × 6] of length 36, got 6");
  expect(() => multiplySymmetric(new Float64Array(4), six, 2)).toThrow(
    "multiplySymmetric: expected x of length 2, got 6",
  );
});
