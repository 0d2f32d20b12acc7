import { afterEach, describe, expect, it } from "vitest";
import {
  gramOfRows,
  multiply,
  multiplyLower,
  multiplyTransposed,
  symmetricProduct,
  transpose,
} from "../../src/index.js";
import { kernels, useKernels, type KernelMode } from "../../src/kernels/kernels.js";
import { generator, largestDifference } from "../support.js";

afterEach(() => useKernels("threads"));

function withKernels<T>(mode: KernelMode, compute: () => T): T {
  useKernels(mode);
  return compute();
}

it("are there", () => {
  expect(kernels()).toBeDefined();
  expect(withKernels("one-thread", kernels)).toBeDefined();
  expect(withKernels("javascript", kernels)).toBeUndefined();
});

describe.each([
  [5, 1030, 6],
  [9, 70, 4],
  [33, 40, 47],
  [70, 1030, 67],
  [259, 258, 130],
  [300, 513, 301],
])("products of %d × %d with %d rows", (rows, inner, columns) => {
  const random = generator(rows);
  const a = Float64Array.from({ length: rows * inner }, random);
  const b = Float64Array.from({ length: columns * inner }, random);
  const weighted = a.map((value, k) => value * (1 + (k % inner)));
  const square = Float64Array.from({ length: inner * inner }, random);
  const lower = square.map((value, k) => (k % inner > Math.floor(k / inner) ? 0 : value));
  const all = (): Float64Array[] => [
    multiplyTransposed(a, b, rows, inner, columns),
    multiply(a, transpose(b, columns, inner), rows, inner, columns),
    gramOfRows(a, rows, inner),
    symmetricProduct(a, weighted, rows, inner),
    multiplyLower(b, lower, columns, inner),
  ];
  const single = (): Float64Array[] => [
    symmetricProduct(a, a, rows, inner, { precision: "single" }),
    multiplyLower(b, lower, columns, inner, { precision: "single" }),
  ];

  it("are the same in JavaScript to rounding", () => {
    const scales = [1, 1, 1, inner, 1];
    const expected = withKernels("javascript", all);
    withKernels("one-thread", all).forEach((product, k) => {
      expect(product.buffer).toBeInstanceOf(ArrayBuffer);
      expect(largestDifference(product, expected[k]!)).toBeLessThan(1e-15 * inner * scales[k]!);
    });
  });

  it("in single precision are right to it", () => {
    const expected = withKernels("one-thread", all);
    const found = withKernels("one-thread", single);
    expect(largestDifference(found[0]!, expected[2]!)).toBeLessThan(1e-6 * inner);
    expect(largestDifference(found[1]!, expected[4]!)).toBeLessThan(1e-6 * inner);
    if (rows > 60) expect(largestDifference(found[0]!, expected[2]!)).toBeGreaterThan(1e-9);
  });

  it("are the same bits for any number of threads, however often", () => {
    const each = (): Float64Array[] => [...all(), ...single()];
    const expected = withKernels("one-thread", each);
    for (let round = 0; round < 3; round++)
      withKernels("threads", each).forEach((product, k) => {
        expect(product.every((value, index) => Object.is(value, expected[k]![index]))).toBe(true);
      });
  });
});

it("takes Float32", () => {
  const a = Float32Array.from({ length: 64 * 64 }, generator(5));
  const product = (mode: KernelMode) => withKernels(mode, () => gramOfRows(a, 64, 64));
  expect(largestDifference(product("threads"), product("javascript"))).toBeLessThan(1e-13);
});

it("products with what is not finite are not finite in the same places", () => {
  const a = Float64Array.from({ length: 40 * 40 }, generator(6));
  a[40 * 7 + 3] = NaN;
  a[40 * 20 + 30] = Infinity;
  const where = (mode: KernelMode) =>
    [...withKernels(mode, () => multiplyTransposed(a, a, 40, 40, 40))].map((value) => Number.isFinite(value));
  expect(where("one-thread")).toEqual(where("javascript"));
});
