import { confidenceInterval, hutchPlusPlusTrace, xTrace } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { deviation, diagonal, generator, mean, relativeRmse, sum, TINY_CNN, withSpectrum } from "../support.js";

// Its probes are normal, so a diagonal matrix is as good as a rotated one.
const cnn = diagonal(TINY_CNN);
const truth = sum(TINY_CNN);

describe("xTrace", () => {
  test("is unbiased, and its interval holds the truth in 91 to 99 % of 300 runs, although its terms are correlated", async () => {
    const values: number[] = [];
    let held = 0;
    let square = 0;
    for (let seed = 0; seed < 300; seed++) {
      const estimate = await xTrace(cnn, { seed, maxMatvecs: 40 });
      values.push(estimate.value);
      square += estimate.standardError ** 2 / 300;
      const { lower, upper } = confidenceInterval(estimate);
      if (lower <= truth && truth <= upper) held++;
    }
    expect(Math.abs(mean(values) - truth)).toBeLessThan((4 * deviation(values)) / Math.sqrt(300));
    expect(held / 300).toBeGreaterThan(0.91);
    expect(held / 300).toBeLessThan(0.99);
    expect(Math.sqrt(square) / deviation(values)).toBeGreaterThan(0.85);
    expect(Math.sqrt(square) / deviation(values)).toBeLessThan(1.25);
  });

  test("beats Hutch++ at 66 products on the spectrum of a small CNN", async () => {
    const [x, hutch]: number[][] = [[], []];
    for (let seed = 0; seed < 200; seed++) {
      x!.push((await xTrace(cnn, { seed, maxMatvecs: 66 })).value);
      hutch!.push((await hutchPlusPlusTrace(cnn, { seed, maxMatvecs: 66, probes: "gaussian" })).value);
    }
    expect(relativeRmse(x!, truth)).toBeLessThan(0.8 * relativeRmse(hutch!, truth));
  });

  test("is exact up to rounding where the rank is below half of the products", async () => {
    const lowRank = withSpectrum([4, -3, 2, ...new Array<number>(57).fill(0)]);
    const { value, standardError } = await xTrace(lowRank, { random: generator(1), maxMatvecs: 16 });
    expect(value).toBeCloseTo(3, 10);
    expect(standardError).toBeLessThan(1e-10);
  });

  test("of the smallest budget and of a flat spectrum is unbiased", async () => {
    const flat = diagonal(Array.from({ length: 50 }, (_, i) => 1 + (i % 5) / 5));
    const values: number[] = [];
    for (let seed = 0; seed < 300; seed++) values.push((await xTrace(flat, { seed, maxMatvecs: 4 })).value);
    expect(Math.abs(mean(values) - 70)).toBeLessThan((4 * deviation(values)) / Math.sqrt(300));
  });

  test("turns exact from `size` products on, and where that is cheaper than what is missing", async () => {
    expect(await xTrace(diagonal([1, 2, 3]), { seed: 1, maxMatvecs: 4 })).toMatchObject({ value: 6, standardError: 0 });
    const flat = diagonal(Array.from({ length: 60 }, (_, i) => Math.sin(i)));
    const estimate = await xTrace(flat, { seed: 1, relativeError: 1e-6 });
    expect(estimate).toMatchObject({ standardError: 0, converged: true });
    expect(estimate.matvecs).toBeLessThan(3 * 60);
  });
});
