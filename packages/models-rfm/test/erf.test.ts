import { describe, expect, it } from "vitest";
import { erf } from "@sgdscope/models-rfm";

describe("erf", () => {
  it("has the tabulated values", () => {
    const values: [number, number][] = [
      [0, 0],
      [1e-8, 1.1283791670955126e-8],
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2, 0.9953222650189527],
      [2.5, 0.999593047982555],
      [3, 0.9999779095030014],
      [4, 0.9999999845827421],
      [6, 1],
      [Infinity, 1],
    ];
    for (const [x, value] of values) {
      expect(Math.abs(erf(x) - value)).toBeLessThanOrEqual(4e-16 * Math.max(value, 1e-300) + 1e-16 * value);
      expect(erf(-x)).toBe(-erf(x));
    }
    expect(erf(NaN)).toBeNaN();
  });

  it("is continuous where the series hands over to the continued fraction, and has derivative (2/√π) exp(−x²)", () => {
    expect(Math.abs(erf(2.5) - erf(2.5 - 1e-15))).toBeLessThan(1e-15);
    for (const x of [0.3, 1.2, 2.4, 2.5, 2.6, 3.5])
      expect((erf(x + 1e-5) - erf(x - 1e-5)) / 2e-5).toBeCloseTo((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x), 9);
  });
});
