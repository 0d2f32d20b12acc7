import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { empiricalTailIndex, gaussianTailIndex } from "../../src/tail.js";
import { scatter } from "../noise-strength/problems.js";

describe("the tail index of observed multipliers", () => {
  it("is log₂ of the golden ratio for 2 and ¼, whatever their signs", () => {
    for (const multipliers of [
      [2, 0.25],
      [-2, 0.25, -0.25, 2],
    ]) {
      const found = empiricalTailIndex(multipliers);
      expect(found.value).toBeCloseTo(Math.log2((1 + Math.sqrt(5)) / 2), 14);
      expect(found.regime).toBe("power law");
      expect(found.logGrowth).toBeCloseTo(-Math.LN2 / 2, 14);
    }
  });

  it("is −2m/v, accurately, next to where the law is lost", () => {
    const found = empiricalTailIndex([2, 0.5 * (1 - 1e-8)]);
    expect(found.value / (1e-8 / Math.LN2 ** 2)).toBeCloseTo(1, 7);
  });

  it("allows multipliers of 0", () => {
    const found = empiricalTailIndex([0, 4]);
    expect(found.value).toBeCloseTo(0.5, 14);
    expect(found.logGrowth).toBe(-Infinity);
    expect(found.standardError).toBeGreaterThan(0);
  });

  it("is infinite where every step contracts and 0 without a stationary law", () => {
    const contracting = empiricalTailIndex([0.5, -1, 0.9]);
    expect(contracting.value).toBe(Infinity);
    expect(contracting.regime).toBe("every step contracts");
    for (const multipliers of [
      [2, 0.6],
      [2, 0.5],
      [1, 1],
    ])
      expect(empiricalTailIndex(multipliers)).toMatchObject({ value: 0, regime: "no stationary law" });
  });

  it("is −2m/v for log-normal multipliers within honest standard errors", () => {
    const random = seededRandom(5);
    const runs = Array.from({ length: 200 }, () =>
      empiricalTailIndex(gaussian(4000, random).map((z) => Math.exp(-0.4 + 0.8 * z))),
    );
    const { bias, honesty } = scatter(runs, 0.8 / 0.64);
    expect(bias).toBeLessThan(4);
    expect(Math.abs(honesty - 1)).toBeLessThan(4 / Math.sqrt(2 * 199));
  });

  it("is that of Gaussian inputs for their curvatures", () => {
    const random = seededRandom(6);
    const multipliers = gaussian(400_000, random).map((z) => 1 - z * z);
    const found = empiricalTailIndex(multipliers);
    expect(Math.abs(found.value - gaussianTailIndex(1, 1).value)).toBeLessThan(4 * found.standardError);
    expect(found.standardError).toBeLessThan(0.01);
  });

  it("refuses a single multiplier and numbers that are not finite", () => {
    expect(() => empiricalTailIndex([0.5])).toThrow(/number of multipliers/);
    expect(() => empiricalTailIndex([0.5, Infinity])).toThrow(/finite multipliers/);
  });
});
