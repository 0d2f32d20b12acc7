import { seededRandom } from "@sgdscope/random";
import { deflatedNorm } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { repetitions } from "../../../../tooling/soak.js";
import { dense, deviation, frobenius, generator, mean, withSpectrum } from "../support.js";

const decaying = Array.from({ length: 120 }, (_, i) => 5 * 0.9 ** i * (i % 3 === 2 ? -1 : 1));
const operator = withSpectrum(decaying);
const truth = frobenius(decaying);
const RUNS = repetitions(100, 300);

describe("deflatedNorm", () => {
  test.each(["rademacher", "gaussian"] as const)("has an unbiased square, %s probes", async (probes) => {
    const squares: number[] = [];
    for (let seed = 0; seed < RUNS; seed++) {
      const { value } = await deflatedNorm(operator, { random: generator(seed), maxMatvecs: 12, probes });
      squares.push(value ** 2);
    }
    expect(Math.abs(mean(squares) - truth ** 2)).toBeLessThan((4 * deviation(squares)) / Math.sqrt(RUNS));
  });

  test("is exact up to rounding where the rank is below a third of the products", async () => {
    const lowRank = withSpectrum([4, -3, 2, ...new Array<number>(57).fill(0)]);
    const { value, standardError } = await deflatedNorm(lowRank, { random: seededRandom(3), maxMatvecs: 18 });
    expect(value).toBeCloseTo(Math.sqrt(29), 12);
    expect(standardError).toBeLessThan(1e-13);
  });

  test("is zero for the zero operator", async () => {
    const estimate = await deflatedNorm(dense(new Float64Array(2500), 50), { random: seededRandom(1), maxMatvecs: 12 });
    expect(estimate).toMatchObject({ value: 0, standardError: 0, matvecs: 12 });
  });

  test("holds no more directions than maxRank", async () => {
    const { samples, matvecs } = await deflatedNorm(operator, {
      random: seededRandom(1),
      maxMatvecs: 33,
      maxRank: 4,
    });
    expect([samples, matvecs]).toEqual([25, 33]);
  });

  test("grows its sketch without losing a probe: the grown split estimates the same as one made at once", async () => {
    const squares: number[] = [];
    for (let seed = 0; seed < RUNS; seed++) {
      const options = { random: generator(seed), relativeError: 1e-9, maxMatvecs: 36 };
      const estimate = await deflatedNorm(operator, options);
      expect(estimate).toMatchObject({ matvecs: 36, samples: 12, converged: false });
      squares.push(estimate.value ** 2);
    }
    expect(Math.abs(mean(squares) - truth ** 2)).toBeLessThan((4 * deviation(squares)) / Math.sqrt(RUNS));
    const atOnce: number[] = [];
    for (let seed = 0; seed < RUNS; seed++)
      atOnce.push((await deflatedNorm(operator, { random: generator(seed), maxMatvecs: 36 })).value ** 2);
    expect(deviation(squares) / deviation(atOnce)).toBeGreaterThan(0.75);
    expect(deviation(squares) / deviation(atOnce)).toBeLessThan(1.33);
  });
});
