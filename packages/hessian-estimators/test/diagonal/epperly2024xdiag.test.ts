import { hutchinsonDiagonal, xDiagonal } from "@sgdscope/hessian-estimators";
import { expect, test } from "vitest";
import { withSpectrum } from "../support.js";

const spectrum = Array.from({ length: 60 }, (_, i) => 10 * 0.8 ** i);
const operator = withSpectrum(spectrum);
const truth = Float64Array.from({ length: 60 }, (_, i) => operator.matrix[i * 61]!);

test("is unbiased in every entry, with honest standard errors, and far closer than the plain estimate", async () => {
  const runs = 200;
  const sums = new Float64Array(60);
  let [x, plain, standardised] = [0, 0, 0];
  for (let seed = 0; seed < runs; seed++) {
    const { values, standardErrors, matvecs } = await xDiagonal(operator, { seed, maxMatvecs: 24 });
    expect(matvecs).toBe(24);
    const other = await hutchinsonDiagonal(operator, { seed, maxMatvecs: 24 });
    values.forEach((value, i) => {
      sums[i]! += value - truth[i]!;
      x += (value - truth[i]!) ** 2;
      plain += (other.values[i]! - truth[i]!) ** 2;
      standardised += ((value - truth[i]!) / standardErrors[i]!) ** 2 / (60 * runs);
    });
  }
  const spread = Math.sqrt(x / (60 * runs));
  sums.forEach((total) => expect(Math.abs(total / runs)).toBeLessThan((6 * spread) / Math.sqrt(runs)));
  expect(x).toBeLessThan(plain / 9);
  // Student's t with eleven degrees of freedom has variance 11/9.
  expect(standardised).toBeGreaterThan(0.8);
  expect(standardised).toBeLessThan(1.6);
});

test("is exact from `size` products on, and of low rank", async () => {
  const exact = await xDiagonal(operator, { seed: 1, maxMatvecs: 60 });
  exact.values.forEach((value, i) => expect(value).toBeCloseTo(truth[i]!, 12));
  const lowRank = withSpectrum([3, -2, ...new Array<number>(30).fill(0)]);
  const { values, standardErrors } = await xDiagonal(lowRank, { seed: 1, maxMatvecs: 10 });
  values.forEach((value, i) => expect(value).toBeCloseTo(lowRank.matrix[i * 33]!, 10));
  expect(Math.max(...standardErrors)).toBeLessThan(1e-10);
});

test("the plain diagonal stops on the requested accuracy of its norm", async () => {
  const estimate = await hutchinsonDiagonal(operator, { seed: 3, relativeError: 0.5 });
  expect(estimate.converged).toBe(true);
  expect(Math.hypot(...estimate.values.map((x, i) => x - truth[i]!)) / Math.hypot(...truth)).toBeLessThan(1);
  const strict = await hutchinsonDiagonal(operator, { seed: 3, relativeError: 1e-6, maxMatvecs: 200 });
  expect(strict.converged).toBe(true);
  strict.values.forEach((value, i) => expect(value).toBeCloseTo(truth[i]!, 12));
});
