import { gaussian, seededRandom, type SeededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { logLossPower } from "../../src/index.js";
import { digamma, trigamma } from "../../src/noise-strength/polygamma.js";
import { scatter } from "./problems.js";

/** `L/L* = 1 + ‖z‖²/χ²` with d and 2φ − d degrees of freedom has the density `(1 + ‖u‖²)^−φ`. */
function lossesOf(count: number, power: number, dimensions: number, random: SeededRandom): Float64Array {
  const degrees = 2 * power - dimensions;
  return Float64Array.from({ length: count }, () => {
    const square = (k: number): number => gaussian(k, random).reduce((sum, value) => sum + value * value, 0);
    return 3 * (1 + square(dimensions) / square(degrees));
  });
}

describe("the power of the loss in the stationary density", () => {
  it("is 1 + 1/mean log(L/L*) in two dimensions", () => {
    const losses = [1.5, 2, 4, 1.01].map((value) => 2 * value);
    const mean = losses.reduce((sum, value) => sum + Math.log(value / 2) / 4, 0);
    const found = logLossPower(losses, { minimumLoss: 2, dimensions: 2 });
    expect(found.value).toBeCloseTo(1 + 1 / mean, 11);
    expect(found.standardError).toBeCloseTo(1 / mean / 2, 11);
  });

  it.each([
    [1, 2],
    [1, 6],
    [2, 3],
    [3, 4],
  ])("in %d dimensions is unbiased for φ = %d with honest standard errors", (dimensions, power) => {
    const random = seededRandom(dimensions * 10 + power);
    const runs = Array.from({ length: 100 }, () =>
      logLossPower(lossesOf(2000, power, dimensions, random), { minimumLoss: 3, dimensions }),
    );
    const { bias, honesty } = scatter(runs, power);
    expect(bias).toBeLessThan(4);
    expect(Math.abs(honesty - 1)).toBeLessThan(4 / Math.sqrt(2 * 99));
  });

  it.each([
    [0.1, 1, 9.93, 11],
    [0.5, 4, 6.47, 9],
    [1, 4, 2.55, 5],
  ])(
    "of SGD on 1-D regression at η = %d, B = %d is %d, not %d: its noise does not decouple",
    (eta, size, measured, decoupled) => {
      const random = seededRandom(7);
      const losses: number[] = [];
      let theta = 0;
      for (let step = 0; step < 600_000; step++) {
        let gradient = 0;
        const draws = gaussian(2 * size, random);
        for (let i = 0; i < size; i++) gradient += ((theta * draws[2 * i]! - draws[2 * i + 1]!) * draws[2 * i]!) / size;
        theta -= eta * gradient;
        if (step > 1000 && step % 30 === 0) losses.push((1 + theta * theta) / 2);
      }
      const found = logLossPower(losses, { minimumLoss: 0.5 });
      expect(found.value).toBeGreaterThan(measured - 4.5 * found.standardError);
      expect(found.value).toBeLessThan(measured + 4.5 * found.standardError);
      expect(found.value).toBeLessThan(decoupled - 8 * found.standardError);
    },
  );

  it("refuses losses below the minimum, all at the minimum, and a minimum of 0", () => {
    expect(() => logLossPower([1, 0.5], { minimumLoss: 0.6 })).toThrow(/index 1/);
    expect(() => logLossPower([1, 1], { minimumLoss: 1 })).toThrow(/above options.minimumLoss/);
    expect(() => logLossPower([1, 2], { minimumLoss: 0 })).toThrow(/positive options.minimumLoss/);
    expect(() => logLossPower([1, 2], { minimumLoss: 1, dimensions: 0.5 })).toThrow(/options.dimensions/);
  });
});

describe("digamma and trigamma", () => {
  const euler = 0.5772156649015329;
  it("have their values at 1 and ½", () => {
    expect(digamma(1)).toBeCloseTo(-euler, 14);
    expect(digamma(0.5)).toBeCloseTo(-euler - 2 * Math.LN2, 13);
    expect(trigamma(1)).toBeCloseTo(Math.PI ** 2 / 6, 13);
    expect(trigamma(0.5)).toBeCloseTo(Math.PI ** 2 / 2, 13);
  });
  it("satisfy their recurrences and duplication", () => {
    for (const x of [0.01, 0.3, 2.7, 15.5, 40]) {
      expect(digamma(x + 1) - digamma(x)).toBeCloseTo(1 / x, 11);
      expect(digamma(2 * x)).toBeCloseTo((digamma(x) + digamma(x + 0.5)) / 2 + Math.LN2, 12);
      expect(trigamma(2 * x) / ((trigamma(x) + trigamma(x + 0.5)) / 4)).toBeCloseTo(1, 13);
    }
  });
});
