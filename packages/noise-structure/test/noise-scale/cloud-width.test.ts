import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { cloudWidth } from "../../src/noise-scale.js";
import { scatter } from "../noise-strength/problems.js";

/** Iterates of SGD with momentum on `½(h₁a² + h₂b²)` with noise of variances c, in axes rotated by an angle; row-major. */
function iterates(
  count: number,
  seed: number,
  options: { curvatures: number[]; noise: number[]; learningRate: number; momentum?: number; angle?: number },
): Float64Array {
  const { curvatures, noise, learningRate, momentum = 0, angle = 0 } = options;
  const random = seededRandom(seed);
  const out = new Float64Array(2 * count);
  const point = [0, 0];
  const speed = [0, 0];
  for (let t = -2000; t < count; t++) {
    const z = gaussian(2, random);
    for (const a of [0, 1]) {
      speed[a] = momentum * speed[a]! + curvatures[a]! * point[a]! + Math.sqrt(noise[a]!) * z[a]!;
      point[a]! -= learningRate * speed[a];
    }
    if (t < 0) continue;
    out[2 * t] = Math.cos(angle) * point[0]! - Math.sin(angle) * point[1]!;
    out[2 * t + 1] = Math.sin(angle) * point[0]! + Math.cos(angle) * point[1]!;
  }
  return out;
}

describe("the width of the cloud", () => {
  it("is that of the stationary covariance along eigendirections, within its standard error", () => {
    const angle = 0.6;
    const count = 40_000;
    const cloud = iterates(count, 4, { curvatures: [2, 1], noise: [3, 1], learningRate: 0.25, momentum: 0.5, angle });
    const directions = Float64Array.of(Math.cos(angle), Math.sin(angle), -3 * Math.sin(angle), 3 * Math.cos(angle));
    const variance = (h: number, c: number): number => (0.25 * c) / (0.5 * h * (2 - (0.25 * h) / 1.5));
    expect(variance(2, 3)).toBeCloseTo(0.45, 14);
    const widths = cloudWidth(
      cloud,
      directions,
      { iterates: count, parameters: 2 },
      {
        predictedVariances: [variance(2, 3), variance(1, 1)],
      },
    );
    for (const { width, predicted, ratio } of widths) {
      expect(Math.abs(width.value - predicted!)).toBeLessThan(4 * width.standardError);
      expect(Math.abs(ratio!.value - 1)).toBeLessThan(4 * ratio!.standardError);
      expect(ratio!.standardError).toBeLessThan(0.02);
    }
  });

  it.each([true, false])("has honest standard errors for correlated iterates, centre known: %s", (known) => {
    const runs = Array.from({ length: 120 }, (_, seed) => {
      const cloud = iterates(3000, seed, { curvatures: [1, 2], noise: [1, 1], learningRate: 0.1 });
      const options = known ? { centre: [0, 0] } : {};
      return cloudWidth(cloud, Float64Array.of(1, 0), { iterates: 3000, parameters: 2 }, options)[0]!.width;
    });
    const { bias, honesty } = scatter(runs, Math.sqrt(0.1 / 1.9));
    expect(bias).toBeLessThan(5);
    expect(Math.abs(honesty - 1)).toBeLessThan(0.2);
  });

  it("has an unbiased square for few independent iterates around their own mean", () => {
    const random = seededRandom(12);
    const squares = Array.from({ length: 4000 }, () => {
      const [found] = cloudWidth(
        gaussian(8, random),
        Float64Array.of(1),
        { iterates: 8, parameters: 1 },
        { blocks: 4 },
      );
      return { value: found!.width.value ** 2, standardError: 0 };
    });
    expect(scatter(squares, 1).bias).toBeLessThan(4);
  });

  it("is exact for a cloud of two points around a known centre, and 0 for one point", () => {
    const shape = { iterates: 4, parameters: 1 };
    const [two] = cloudWidth(Float64Array.of(7, 3, 7, 3), Float64Array.of(-2), shape, { centre: [5] });
    expect(two!.width).toEqual({ value: 2, standardError: 0, matvecs: 0 });
    expect(two!.predicted).toBeUndefined();
    const [one] = cloudWidth(Float64Array.of(3, 3, 3, 3), Float64Array.of(1), shape, { predictedVariances: [0] });
    expect(one!.width.value).toBe(0);
    expect(one!.ratio).toBeUndefined();
  });

  it("refuses what does not fit", () => {
    const cloud = new Float64Array(8);
    const shape = { iterates: 4, parameters: 2 };
    expect(() => cloudWidth(cloud, Float64Array.of(0, 0), shape)).toThrow(/direction 0 has length 0/);
    expect(() => cloudWidth(cloud, Float64Array.of(1), shape)).toThrow(/number of directions/);
    expect(() => cloudWidth(cloud, Float64Array.of(1, 0), shape, { blocks: 3 })).toThrow(/at most half/);
    expect(() => cloudWidth(cloud, Float64Array.of(1, 0), shape, { predictedVariances: [-1] })).toThrow(
      /predictedVariances\[0\] of at least 0, got -1/,
    );
    expect(() => cloudWidth(cloud, Float64Array.of(1, 0), { iterates: 3, parameters: 2 })).toThrow(/at least 4/);
  });
});
