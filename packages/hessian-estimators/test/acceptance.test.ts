import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  confidenceInterval,
  deflatedNorm,
  hutchPlusPlusTrace,
  topEigenpairs,
  xTrace,
} from "@sgdscope/hessian-estimators";
import { diagonalOperator } from "@sgdscope/hessian-estimators/operators";
import { describe, expect, test } from "vitest";
import { frobenius, relativeRmse, sum } from "./support.js";

const folder = process.env["SGDSCOPE_TORCH_FIXTURES_DIR"];
if (!folder)
  console.warn("hessian-estimators: skips accuracy on PyTorch spectra, because SGDSCOPE_TORCH_FIXTURES_DIR is not set");

interface Exact {
  G_trace: number;
  G_fro: number;
  G_top10: number[];
  G_rank_1e10: number;
  H_trace?: number;
  H_fro?: number;
  H_top10?: number[];
  H_bottom5?: number[];
}

/**
 * A spectrum with the eigenvalues that the fixture names, and tails that give it the fixture's trace and Frobenius norm: an exponential
 * one above, and for an indefinite Hessian one of the same length below, whose part in the squares is that of the negative five.
 */
function spectrumOf(name: string): number[] {
  const exact = JSON.parse(readFileSync(join(folder!, `${name}.exact.json`), "utf8")) as Exact;
  const top = exact.H_top10 ?? exact.G_top10;
  const bottom = (exact.H_bottom5 ?? []).filter((x) => x < -1e-3);
  const count = exact.G_rank_1e10 - top.length - bottom.length;
  const named = [...top, ...bottom];
  const below = bottom.length > 0 ? tail(count / 2, 1.27, 15).map((x) => -x) : [];
  const trace = (exact.H_trace ?? exact.G_trace) - sum(named) - sum(below);
  const square = (exact.H_fro ?? exact.G_fro) ** 2 - frobenius(named) ** 2 - frobenius(below) ** 2;
  const height = (2 * square) / trace;
  return [...named, ...below, ...tail(count - below.length, height, trace / height)];
}

/** height·exp(−(i + ½)/length): sums to about height·length, squares to height²·length/2. Ends where it is a millionth. */
const tail = (count: number, height: number, length: number): number[] =>
  Array.from({ length: Math.floor(Math.min(count, 14 * length)) }, (_, i) => height * Math.exp(-(i + 0.5) / length));

// Normal probes do not know a rotated matrix from a diagonal one, and a diagonal product is quick.
const probes = "gaussian" as const;

describe.skipIf(!folder).each([
  ["tiny_init", 0.015],
  ["tiny_interp", 0.015],
  ["small_mid", 0.01],
])("on the spectrum of %s", { timeout: 300_000 }, (name, bound) => {
  const spectrum = folder ? spectrumOf(name) : [];
  const operator = diagonalOperator(Float64Array.from(spectrum));
  const [trace, norm] = [sum(spectrum), frobenius(spectrum)];

  test("the fixture's trace and norm are met", () => {
    const exact = JSON.parse(readFileSync(join(folder!, `${name}.exact.json`), "utf8")) as Exact;
    expect(trace / (exact.H_trace ?? exact.G_trace)).toBeCloseTo(1, 2);
    expect(norm / (exact.H_fro ?? exact.G_fro)).toBeCloseTo(1, 2);
  });

  test("the norm from 33 products is this accurate, and its 95 % interval holds it in 92 to 98 % of 300 runs", async () => {
    const values: number[] = [];
    let held = 0;
    for (let seed = 0; seed < 300; seed++) {
      const estimate = await deflatedNorm(operator, { seed, maxMatvecs: 33, probes });
      values.push(estimate.value);
      const { lower, upper } = confidenceInterval(estimate);
      if (lower <= norm && norm <= upper) held++;
    }
    report(`norm at 33: RMSE ${relativeRmse(values, norm)}, held ${held / 300}`);
    expect(relativeRmse(values, norm)).toBeLessThan(bound);
    expect(held / 300).toBeGreaterThan(0.92);
    expect(held / 300).toBeLessThan(0.98);
  });

  test.each([
    ["hutchPlusPlusTrace", hutchPlusPlusTrace],
    ["xTrace", xTrace],
  ] as const)(
    "%s asked for 2 % is off by more than 4 % in fewer than 1 in 20 of 300 runs",
    async (label, estimator) => {
      let off = 0;
      let products = 0;
      for (let seed = 0; seed < 300; seed++) {
        const estimate = await estimator(operator, {
          seed,
          relativeError: 0.02,
          maxMatvecs: spectrum.length - 1,
          probes,
        });
        products += estimate.matvecs / 300;
        if (estimate.converged && Math.abs(estimate.value / trace - 1) > 0.04) off++;
      }
      report(`${label} to 2 %: off ${off / 300}, products ${products}`);
      expect(off / 300).toBeLessThan(0.05);
    },
  );

  test.each([1, 4])(
    "λ₁ is never a thousandth low in 200 runs with blocks of %i, nor off by more than its residual",
    async (block) => {
      const largest = Math.max(...spectrum);
      let worst = 0;
      for (let seed = 0; seed < 200; seed++) {
        const { values, residuals, converged } = await topEigenpairs(operator, { seed, block });
        expect(converged).toEqual([true]);
        worst = Math.max(worst, 1 - values[0]! / largest);
        expect(Math.abs(values[0]! - largest)).toBeLessThanOrEqual(residuals[0]! + 1e-12 * largest);
      }
      report(`λ₁, block ${block}: worst ${worst}`);
      expect(worst).toBeLessThan(1e-3);
    },
  );

  function report(line: string): void {
    if (process.env["SGDSCOPE_REPORT"]) console.log(name, line);
  }
});
