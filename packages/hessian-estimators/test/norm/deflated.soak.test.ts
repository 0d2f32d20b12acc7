import { deflatedNorm, hutchinsonNorm } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { deviation, frobenius, generator, mean, relativeRmse, TINY_CNN, withSpectrum } from "../support.js";

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
});
