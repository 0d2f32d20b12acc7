import { seededRandom } from "@sgdscope/random";
import { deflatedNorm, hutchinsonNorm } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { dense, deviation, frobenius, generator, mean, relativeRmse, TINY_CNN, withSpectrum } from "../support.js";

const decaying = Array.from({ length: 120 }, (_, i) => 5 * 0.9 ** i * (i % 3 === 2 ? -1 : 1));
const operator = withSpectrum(decaying);
const truth = frobenius(decaying);

describe("deflatedNorm", () => {
  test("at 33 products is within 1 % where the plain estimate is within 5 %, on the spectrum of a small CNN", async () => {
    const cnn = withSpectrum(TINY_CNN);
    const plain: number[] = [];
    const deflated: number[] = [];
    let held = 0;
    for (let seed = 0; seed < 300; seed++) {
      const options = { maxMatvecs: 33 };
      const estimate = await deflatedNorm(cnn, { ...options, random: generator(seed) });
      deflated.push(estimate.value);
      if (Math.abs(estimate.value - frobenius(TINY_CNN)) <= 2 * estimate.standardError) held++;
      plain.push((await hutchinsonNorm(cnn, { ...options, random: generator(seed) })).value);
    }
    const [error, plainError] = [deflated, plain].map((values) => relativeRmse(values, frobenius(TINY_CNN)));
    expect(error).toBeLessThan(0.01);
    expect(plainError).toBeGreaterThan(0.04);
    expect(plainError).toBeLessThan(0.07);
    // Ten degrees of freedom: Student's t puts 92.7 % within two standard errors.
    expect(held / 300).toBeGreaterThan(0.88);
    expect(held / 300).toBeLessThan(0.98);
  });

  test.each(["rademacher", "gaussian"] as const)("has an unbiased square, %s probes", async (probes) => {
    const squares: number[] = [];
    for (let seed = 0; seed < 300; seed++) {
      const { value } = await deflatedNorm(operator, { random: generator(seed), maxMatvecs: 12, probes });
      squares.push(value ** 2);
    }
    expect(Math.abs(mean(squares) - truth ** 2)).toBeLessThan((4 * deviation(squares)) / Math.sqrt(300));
  });

  test("on a flat spectrum, where there is nothing to deflate, is still unbiased and covers", async () => {
    const flat = withSpectrum(Array.from({ length: 90 }, (_, i) => 1 + (i % 9) / 9));
    const norm = frobenius(Array.from({ length: 90 }, (_, i) => 1 + (i % 9) / 9));
    const squares: number[] = [];
    let held = 0;
    for (let seed = 0; seed < 300; seed++) {
      const { value, standardError } = await deflatedNorm(flat, { random: generator(seed), maxMatvecs: 36 });
      squares.push(value ** 2);
      if (Math.abs(value - norm) <= 2 * standardError) held++;
    }
    expect(Math.abs(mean(squares) - norm ** 2)).toBeLessThan((4 * deviation(squares)) / Math.sqrt(300));
    expect(held / 300).toBeGreaterThan(0.88);
    expect(held / 300).toBeLessThan(0.99);
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
    for (let seed = 0; seed < 300; seed++) {
      const options = { random: generator(seed), relativeError: 1e-9, maxMatvecs: 36 };
      const estimate = await deflatedNorm(operator, options);
      expect(estimate).toMatchObject({ matvecs: 36, samples: 12, converged: false });
      squares.push(estimate.value ** 2);
    }
    expect(Math.abs(mean(squares) - truth ** 2)).toBeLessThan((4 * deviation(squares)) / Math.sqrt(300));
    const atOnce: number[] = [];
    for (let seed = 0; seed < 300; seed++)
      atOnce.push((await deflatedNorm(operator, { random: generator(seed), maxMatvecs: 36 })).value ** 2);
    expect(deviation(squares) / deviation(atOnce)).toBeGreaterThan(0.75);
    expect(deviation(squares) / deviation(atOnce)).toBeLessThan(1.33);
  });
});
