import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { fitNoiseStrength } from "../../src/index.js";
import { scatter } from "./problems.js";

describe("the fit of noise strength against loss", () => {
  const losses = [1, 0.5, 0.1, 0.02, 1e-3];

  it.each([1, 0.7, 1.3])("finds slope %d of an exact power law", (slope) => {
    const fit = fitNoiseStrength(
      losses,
      losses.map((loss) => 5 * loss ** slope),
    );
    expect(fit.slope.value).toBeCloseTo(slope, 13);
    expect(fit.slope.standardError).toBeLessThan(1e-13);
    expect(fit.intercept.value).toBeCloseTo(Math.log(5), 13);
    expect(fit.explained).toBeCloseTo(1, 13);
  });

  it("has the coefficients and standard errors of ordinary least squares", () => {
    // scipy.stats.linregress(log(losses), log(strengths)) of SciPy 1.17.
    const fit = fitNoiseStrength([1, 2, 4, 8, 16], [3, 5, 14, 20, 70]);
    expect(fit.slope.value).toBeCloseTo(1.10886410324476, 12);
    expect(fit.slope.standardError).toBeCloseTo(0.10863111309021, 12);
    expect(fit.intercept.value).toBeCloseTo(0.98105495568769, 12);
    expect(fit.intercept.standardError).toBeCloseTo(0.18444008589482, 12);
    expect(fit.explained).toBeCloseTo(0.97201370214606, 12);
  });

  it("has honest standard errors", () => {
    const random = seededRandom(2);
    const runs = Array.from({ length: 400 }, () => {
      const noise = gaussian(losses.length, random);
      return fitNoiseStrength(
        losses,
        losses.map((loss, k) => loss * Math.exp(0.3 * noise[k]!)),
      ).slope;
    });
    const { bias, honesty } = scatter(runs, 1);
    expect(bias).toBeLessThan(4);
    expect(Math.abs(honesty - 1)).toBeLessThan(4 / Math.sqrt(2 * 399));
  });

  it("leaves out interpolated records and says how many", () => {
    const fit = fitNoiseStrength([1, 0.1, 0.01, 1e-21, 0.5], [2, 0.2, 0.02, 1, 0]);
    expect(fit.records).toBe(3);
    expect(fit.skipped).toBe(2);
    expect(fit.slope.value).toBeCloseTo(1, 13);
  });

  it("refuses fewer than three records, one loss only, negative or missing numbers", () => {
    expect(() => fitNoiseStrength([1, 2], [1, 2])).toThrow(/at least three records/);
    expect(() => fitNoiseStrength([0.3, 0.3, 0.3], [1, 2, 3])).toThrow(/not all of the same loss/);
    expect(() => fitNoiseStrength([1, 2, -3], [1, 2, 3])).toThrow(/index 2/);
    expect(() => fitNoiseStrength([1, 2, 3], [1, 2])).toThrow(/one for each loss/);
  });
});
