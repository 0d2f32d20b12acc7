import { seededRandom } from "@sgdscope/random";
import { hutchinsonTrace, hutchPlusPlusTrace } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { deviation, generator, mean, relativeRmse, sum, TINY_CNN, withSpectrum } from "../support.js";

const decaying = Array.from({ length: 120 }, (_, i) => 5 * 0.8 ** i * (i % 3 === 2 ? -1 : 1));
const operator = withSpectrum(decaying);
const truth = sum(decaying);

describe("hutchPlusPlusTrace", () => {
  test.each(["rademacher", "gaussian"] as const)("is unbiased on an indefinite matrix, %s probes", async (probes) => {
    const values: number[] = [];
    for (let seed = 0; seed < 300; seed++)
      values.push((await hutchPlusPlusTrace(operator, { random: generator(seed), maxMatvecs: 15, probes })).value);
    expect(Math.abs(mean(values) - truth)).toBeLessThan((4 * deviation(values)) / Math.sqrt(300));
  });

  test("covers: two standard errors from 11 probes hold the truth in 88 to 98 % of 300 runs", async () => {
    let held = 0;
    for (let seed = 0; seed < 300; seed++) {
      const options = { random: generator(seed), maxMatvecs: 33 };
      const { value, standardError, matvecs, samples } = await hutchPlusPlusTrace(operator, options);
      expect([matvecs, samples]).toEqual([33, 11]);
      if (Math.abs(value - truth) <= 2 * standardError) held++;
    }
    expect(held / 300).toBeGreaterThan(0.88);
    expect(held / 300).toBeLessThan(0.98);
  });

  test("beats Hutchinson twice over at 66 products on the spectrum of a small CNN", async () => {
    const cnn = withSpectrum(TINY_CNN);
    const plain: number[] = [];
    const deflated: number[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const maxMatvecs = 66;
      plain.push((await hutchinsonTrace(cnn, { random: generator(seed), maxMatvecs })).value);
      deflated.push((await hutchPlusPlusTrace(cnn, { random: generator(seed), maxMatvecs })).value);
    }
    const total = sum(TINY_CNN);
    expect(relativeRmse(deflated, total)).toBeLessThan(relativeRmse(plain, total) / 2);
  });

  test("is exact up to rounding where the rank is below a third of the products", async () => {
    const lowRank = withSpectrum([4, -3, 2, ...new Array<number>(57).fill(0)]);
    const { value, standardError } = await hutchPlusPlusTrace(lowRank, { random: seededRandom(3), maxMatvecs: 18 });
    expect(value).toBeCloseTo(3, 12);
    expect(standardError).toBeLessThan(1e-13);
  });

  test("computes the exact trace when the budget suffices for it", async () => {
    const estimate = await hutchPlusPlusTrace(operator, { random: seededRandom(1), maxMatvecs: 500 });
    expect(estimate).toMatchObject({ standardError: 0, matvecs: 120 });
    expect(estimate.value).toBeCloseTo(truth, 10);
  });
});
