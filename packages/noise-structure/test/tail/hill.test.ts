import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { gaussianTailIndex, hillEstimate } from "../../src/tail.js";
import { scatter } from "../noise-strength/problems.js";

describe("the Hill estimate", () => {
  it("is k over the sum of logarithms above the next largest", () => {
    const found = hillEstimate([1, -8, 2, 0.1, 4], { count: 2 });
    expect(found.value).toBeCloseTo(2 / (Math.log(4) + Math.log(2)), 14);
    expect(found.standardError).toBeCloseTo(found.value / Math.SQRT2, 14);
    expect(hillEstimate([10, 80, -20, 1, 40], { count: 2 }).value).toBeCloseTo(found.value, 14);
  });

  it.each([1, 2.5])("is k/(k − 1) times the power %d on average, with honest standard errors", (power) => {
    const random = seededRandom(3);
    const count = 200;
    const runs = Array.from({ length: 300 }, () =>
      hillEstimate(
        Float64Array.from({ length: 1000 }, () => (1 - random()) ** (-1 / power)),
        { count },
      ),
    );
    const { bias, honesty } = scatter(runs, (power * count) / (count - 1));
    expect(bias).toBeLessThan(4);
    expect(Math.abs(honesty - 1)).toBeLessThan(4 / Math.sqrt(2 * 299));
  });

  it.each([
    [1, 1],
    [2, 1],
  ])("finds the tail of SGD on Gaussian regression, S = %d, aλ = %d", (batchSize, product) => {
    const random = seededRandom(batchSize);
    const exact = gaussianTailIndex(product, batchSize).value;
    const samples: number[] = [];
    let theta = 0;
    for (let t = 0; t < 1_000_000; t++) {
      const z = gaussian(2 * batchSize, random);
      let gradient = 0;
      for (let i = 0; i < batchSize; i++) gradient += (z[2 * i]! * (theta * z[2 * i]! - z[2 * i + 1]!)) / batchSize;
      theta -= product * gradient;
      if (t % 10 === 0) samples.push(theta);
    }
    const found = hillEstimate(samples, { count: 600 });
    expect(Math.abs(found.value - exact)).toBeLessThan(4 * found.standardError);
  });

  it("takes the square root of the number of samples by default", () => {
    const samples = Float64Array.from({ length: 100 }, (_, k) => 1.1 ** k);
    expect(hillEstimate(samples)).toEqual(hillEstimate(samples, { count: 10 }));
  });

  it("refuses a tail without members, equal members, and zeros", () => {
    expect(() => hillEstimate([1, 2, 3], { count: 3 })).toThrow(/below the 3 samples/);
    expect(() => hillEstimate([1, 2, 3], { count: 1 })).toThrow(/options.count/);
    expect(() => hillEstimate([2, 2, 2, 2])).toThrow(/all equal or include 0/);
    expect(() => hillEstimate([0, 0, 1])).toThrow(/all equal or include 0/);
    expect(() => hillEstimate([1, NaN, 3])).toThrow(/finite samples/);
  });
});
