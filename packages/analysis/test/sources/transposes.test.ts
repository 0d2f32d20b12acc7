import { describe, expect, it } from "vitest";
import { minimumOfArrays, type MinimumArrays } from "../../src/index.js";

const array = (...shape: number[]): { shape: number[]; data: Float64Array } => ({
  shape,
  data: new Float64Array(shape.reduce((a, b) => a * b)).fill(1),
});

describe("a refusal names the transpose that cures it", () => {
  it.each<[string, MinimumArrays, string]>([
    ["J of [P, n], residuals [n]", { jacobian: array(7, 3), residuals: array(3) }, "pass J.T"],
    ["J of [P, nC], residuals [n, C]", { jacobian: array(7, 6), residuals: array(3, 2) }, "pass J.T"],
    ["J of [n, C, P], residuals [C, n]", { jacobian: array(5, 2, 7), residuals: array(2, 5) }, "J.transpose(1, 0, 2)"],
    ["J with the axes of a parameter", { jacobian: array(5, 3, 2), residuals: array(5) }, "J.reshape(5, -1)"],
    ["K of [C, C, n, n]", { gram: array(2, 2, 5, 5), residuals: array(5, 2) }, "K.transpose(2, 3, 0, 1)"],
    ["K of [C, n, C, n]", { gram: array(2, 5, 2, 5), residuals: array(5, 2) }, "K.transpose(1, 0, 3, 2)"],
    ["K of [n, n, n, n]", { gram: array(3, 3, 3, 3) }, "K.transpose(0, 2, 1, 3).reshape(9, -1)"],
    ["residuals of [C, n]", { gram: array(6, 6), residuals: array(2, 3) }, "pass r.T; if not, set `outputs` to 3"],
  ])("%s", (_, arrays, cure) => {
    expect(() => minimumOfArrays("any", arrays)).toThrow(
      expect.objectContaining({ code: "SHAPE_MISMATCH", advice: expect.stringContaining(cure) as string }) as Error,
    );
  });
});
