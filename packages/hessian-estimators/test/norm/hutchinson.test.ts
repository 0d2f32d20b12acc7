import { seededRandom } from "@sgdscope/random";
import { hutchinsonNorm } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { deviation, frobenius, generator, mean, withSpectrum } from "../support.js";

const spectrum = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 8 : -8) / (i + 1));
const operator = withSpectrum(spectrum);
const truth = frobenius(spectrum);

describe("hutchinsonNorm", () => {
  test.each(["rademacher", "gaussian"] as const)("has an unbiased square, %s probes", async (probes) => {
    const squares: number[] = [];
    for (let seed = 0; seed < 400; seed++) {
      const { value } = await hutchinsonNorm(operator, { random: generator(seed), maxMatvecs: 10, probes });
      squares.push(value ** 2);
    }
    expect(Math.abs(mean(squares) - truth ** 2)).toBeLessThan((4 * deviation(squares)) / Math.sqrt(400));
  });

  test("covers: two standard errors hold the truth in 87 to 98 % of 400 runs", async () => {
    let held = 0;
    for (let seed = 0; seed < 400; seed++) {
      const { value, standardError } = await hutchinsonNorm(operator, { random: generator(seed), maxMatvecs: 30 });
      if (Math.abs(value - truth) <= 2 * standardError) held++;
    }
    expect(held / 400).toBeGreaterThan(0.87);
    expect(held / 400).toBeLessThan(0.98);
  });

  test("is exact for a multiple of an orthogonal matrix, with no error", async () => {
    const reflection = withSpectrum(Array.from({ length: 50 }, (_, i) => (i < 20 ? 3 : -3)));
    const estimate = await hutchinsonNorm(reflection, { random: seededRandom(1), maxMatvecs: 4 });
    expect(estimate.value).toBeCloseTo(3 * Math.sqrt(50), 9);
    expect(estimate.standardError).toBeLessThan(1e-9);
  });
});
