import { curvature } from "@sgdscope/hessian-estimators";
import { expect, test } from "vitest";
import { frobenius, mean, sum, withSpectrum } from "../support.js";

const spectrum = Array.from({ length: 60 }, (_, i) => 6 * 0.94 ** i);
const operator = withSpectrum(spectrum);
const square = frobenius(spectrum) ** 2;
const truth = {
  trace: sum(spectrum),
  norm: Math.sqrt(square),
  participationRatio: sum(spectrum) ** 2 / square,
  stableRank: square / 36,
};
const entries = spectrum.map((_, i) => operator.matrix[i * 61]!);

test("the standard errors of a curvature are those of its scatter, entries of the diagonal alike", async () => {
  const standardised: Record<string, number[]> = {};
  for (let seed = 0; seed < 12; seed++) {
    const { diagonal, ...found } = await curvature(operator, { seed, maxMatvecs: 32 });
    const judge = (key: string, value: number, expected: number, error: number): void => {
      (standardised[key] ??= []).push(((value - expected) / error) ** 2);
    };
    for (const [key, expected] of Object.entries(truth)) {
      const { value, standardError } = found[key as keyof typeof truth];
      judge(key, value, expected, standardError);
      expect(Math.abs(value / expected - 1), key).toBeLessThan(0.2);
    }
    entries.forEach((entry, i) => judge("diagonal", diagonal!.values[i]!, entry, diagonal!.standardErrors[i]!));
  }
  for (const [key, squares] of Object.entries(standardised)) {
    expect(mean(squares), key).toBeGreaterThan(0.25);
    expect(mean(squares), key).toBeLessThan(4);
  }
});
