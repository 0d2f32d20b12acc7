import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { minimumOfArrays, precisionOf, rankToleranceOf } from "../../src/index.js";

const random = seededRandom(7);
const normals = gaussian(300, random);
/** Keeps the leading significant bits of a number, as arithmetic with so many does. */
const rounded = (bits: number): Float64Array =>
  normals.map((value) => {
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - bits + 1);
    return Math.round(value / unit) * unit;
  });

describe("the precision that numbers were computed in", () => {
  it.each([
    ["float64", normals],
    ["float32", normals.map(Math.fround)],
    ["float32", Float32Array.from(normals)],
    ["float16", rounded(11)],
    ["bfloat16", rounded(8)],
    // Exact however short: nothing was rounded.
    ["float64", Float64Array.from({ length: 30 }, (_, i) => i)],
    ["float64", Float64Array.from({ length: 30 }, (_, i) => (i - 15) / 4)],
    ["float64", new Float64Array(4)],
    // Powers of two are exact in every precision.
    ["float64", Float64Array.from({ length: 30 }, (_, i) => 2 ** (i - 15))],
    ["float64", Float64Array.of(0, -1, 0, 4)],
    // Between those of Float16 and Float32, spread over exponents.
    ["float32", rounded(15)],
    ["float16", rounded(9)],
    ["float32", rounded(12)],
    // One number of nearly all the bits of Float32, on a grid of its own.
    ["float32", Float64Array.of(2 ** 20 + 1)],
    ["float64", Float64Array.of(2 ** 19 + 1)],
    ["float64", Float64Array.of(2 ** 24 + 1)],
    ["float32", Float64Array.of(2 ** 23 + 1)],
    // One number that needs more decides.
    ["float64", Float64Array.of(...normals.map(Math.fround), 0.1)],
  ] as const)("is %s", (precision, values) => expect(precisionOf(values)).toBe(precision));

  it("sets where rounding is taken for rank: Float32 numbers stored as Float64 keep the tolerance of Float32", () => {
    // K of 40 examples and rank 6, accumulated in Float32.
    const [n, rank] = [40, 6];
    const features = gaussian(n * rank, random);
    const kernel = (step: (x: number) => number): Float64Array =>
      Float64Array.from({ length: n * n }, (_, at) => {
        let sum = 0;
        for (let k = 0; k < rank; k++)
          sum = step(sum + step(step(features[Math.floor(at / n) * rank + k]!) * step(features[(at % n) * rank + k]!)));
        return sum;
      });
    const precisions = [kernel((x) => x), kernel(Math.fround)].map((data) => {
      const { minimum } = minimumOfArrays("K", { gram: { shape: [n, n], data } });
      return [minimum.precision, rankToleranceOf(minimum)];
    });
    expect(precisions).toEqual([
      ["float64", 1e-10],
      ["float32", 1e-6],
    ]);
  });
});
