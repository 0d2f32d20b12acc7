import { describe, expect, it } from "vitest";
import {
  gramOfRows,
  LinearAlgebraError,
  multiply,
  multiplyLower,
  multiplyTransposed,
  multiplyVector,
  symmetricProduct,
  transpose,
} from "../src/index.js";
import { generator, largestDifference } from "./support.js";

const naive = (a: Float64Array, b: Float64Array, rows: number, inner: number, columns: number): Float64Array => {
  const product = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let k = 0; k < inner; k++) product[i * columns + j]! += a[i * inner + k]! * b[k * columns + j]!;
  return product;
};

describe.each([
  [1, 1, 1],
  [4, 4, 4],
  [3, 5, 7],
  [5, 0, 2],
  [66, 33, 9],
  [70, 1030, 67],
])("products of %d × %d with %d columns", (rows, inner, columns) => {
  const a = Float64Array.from({ length: rows * inner }, generator(1));
  const b = Float64Array.from({ length: inner * columns }, generator(2));
  const expected = naive(a, b, rows, inner, columns);
  const tolerance = 1e-13 * Math.max(1, inner);

  it("are sums of products", () => {
    expect(largestDifference(multiply(a, b, rows, inner, columns), expected)).toBeLessThan(tolerance);
    const transposed = transpose(b, inner, columns);
    expect(largestDifference(multiplyTransposed(a, transposed, rows, inner, columns), expected)).toBeLessThan(
      tolerance,
    );
    expect([...transpose(transposed, columns, inner)]).toEqual([...b]);
  });

  it("with the transpose are exactly symmetric", () => {
    const gram = gramOfRows(a, rows, inner);
    expect([...transpose(gram, rows, rows)]).toEqual([...gram]);
    expect(largestDifference(gram, multiplyTransposed(a, a, rows, inner, rows))).toBeLessThan(tolerance);
  });

  it("that are symmetric need half the work", () => {
    const weighted = a.map((value, k) => value * (1 + (k % Math.max(1, inner))));
    const found = symmetricProduct(a, weighted, rows, inner);
    expect([...transpose(found, rows, rows)]).toEqual([...found]);
    expect(largestDifference(found, multiplyTransposed(a, weighted, rows, inner, rows))).toBeLessThan(
      tolerance * (inner + 1),
    );
  });

  it("with vectors agree with products with columns", () => {
    const x = Float64Array.from({ length: inner }, generator(3));
    expect(largestDifference(multiplyVector(a, x, rows, inner), naive(a, x, rows, inner, 1))).toBeLessThan(tolerance);
  });
});

it("takes Float32 and sums in double precision", () => {
  const a = Float32Array.of(0.1, 0.2);
  expect(gramOfRows(a, 1, 2)[0]).toBe(Math.fround(0.1) ** 2 + Math.fround(0.2) ** 2);
});

it("refuses shapes that do not fit, naming the argument", () => {
  expect(() => multiply(new Float64Array(6), new Float64Array(5), 2, 3, 2)).toThrow(
    "multiply: expected b [3 × 2] of length 6, got 5.",
  );
  expect(() => gramOfRows(new Float64Array(6), 2.5, 3)).toThrow(LinearAlgebraError);
});

describe.each([
  [5, 3],
  [40, 70],
])("products of %d × %d into an array that is there", (rows, inner) => {
  const a = Float64Array.from({ length: rows * inner }, generator(3));
  const lower = Float64Array.from({ length: inner * inner }, generator(4)).map((value, k) =>
    k % inner <= Math.floor(k / inner) ? value : 0,
  );

  it.each(["double", "single"] as const)("write over it and give it back, in %s precision", (precision) => {
    const square = new Float64Array(rows * rows).fill(NaN);
    expect(symmetricProduct(a, a, rows, inner, { precision, out: square })).toBe(square);
    expect(square).toEqual(symmetricProduct(a, a, rows, inner, { precision }));
    const image = new Float64Array(rows * inner).fill(NaN);
    expect(multiplyLower(a, lower, rows, inner, { precision, out: image })).toBe(image);
    expect(image).toEqual(multiplyLower(a, lower, rows, inner, { precision }));
  });

  it("refuse one of another length", () => {
    const short = { out: new Float64Array(4) };
    expect(() => symmetricProduct(a, a, rows, inner, short)).toThrow(/options\.out/);
    expect(() => multiplyLower(a, lower, rows, inner, short)).toThrow(/options\.out/);
  });
});
