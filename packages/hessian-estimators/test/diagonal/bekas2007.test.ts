import { seededRandom } from "@sgdscope/random";
import { hutchinsonDiagonal } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { diagonal, withSpectrum } from "../support.js";

const operator = withSpectrum(Array.from({ length: 80 }, (_, i) => 20 / (i + 1) - 1));
const truth = Array.from({ length: 80 }, (_, i) => operator.matrix[i * 81]!);

describe("hutchinsonDiagonal", () => {
  test("is off by as much as its standard errors say", async () => {
    const { values, standardErrors, matvecs } = await hutchinsonDiagonal(operator, {
      random: seededRandom(1),
      maxMatvecs: 60,
    });
    expect(matvecs).toBe(60);
    const scores = truth.map((x, i) => (values[i]! - x) / standardErrors[i]!);
    // The mean of 80 squared, nearly independent scores is 1 ± 0.16.
    const size = scores.reduce((total, z) => total + z * z, 0) / 80;
    expect(size).toBeGreaterThan(0.4);
    expect(size).toBeLessThan(1.8);
    expect(Math.max(...scores.map(Math.abs))).toBeLessThan(5);
  });

  test("has the standard errors of theory: Σ aᵢⱼ² off the diagonal", async () => {
    const { standardErrors } = await hutchinsonDiagonal(operator, { random: seededRandom(1), maxMatvecs: 79 });
    standardErrors.forEach((error, i) => {
      const row = operator.matrix.slice(i * 80, (i + 1) * 80);
      const variance = row.reduce((total, x, j) => (j === i ? total : total + x * x), 0);
      expect(Math.abs(error / Math.sqrt(variance / 79) - 1)).toBeLessThan(0.5);
    });
  });

  test("is exact for a diagonal operator, and when the budget reaches the size", async () => {
    const entries = Array.from({ length: 50 }, (_, i) => i - 3);
    const sampled = await hutchinsonDiagonal(diagonal(entries), { random: seededRandom(1), maxMatvecs: 2 });
    expect([...sampled.values]).toEqual(entries);
    const exact = await hutchinsonDiagonal(operator, { random: seededRandom(1), maxMatvecs: 80 });
    expect([...exact.values]).toEqual(truth);
    expect(Math.max(...exact.standardErrors)).toBe(0);
  });
});
