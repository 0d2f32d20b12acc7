import { multiply } from "@sgdscope/linear-algebra";
import { gaussian } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { kernelNorm, prepareMinimum, structuredNoiseThreshold } from "../../src/index.js";
import { problem, seededRandom } from "../support/problems.js";

describe("the threshold of structured noise Σ = 2LG − c∇L∇Lᵀ", () => {
  it.each([1, 0, -1, 0.3])("keeps second moments of any shape where they are in the end, c = %d", (c) => {
    // M' = (I − ηH)M(I − ηH) + η²p[Tr(HM)·H − c·HMH] on full matrices, H diagonal.
    for (const p of [1, 0.4, 0.05]) {
      const spectrum = Float64Array.of(3, 1.7, 0.5);
      const eta = structuredNoiseThreshold(spectrum, p, c);
      const z = gaussian(9, seededRandom(1));
      let moment: Float64Array = multiply(
        z,
        Float64Array.from({ length: 9 }, (_, k) => z[(k % 3) * 3 + Math.floor(k / 3)]!),
        3,
        3,
        3,
      );
      let growth = 0;
      for (let t = 0; t < 3000; t++) {
        const twice = [0, 1, 2].reduce((sum, a) => sum + spectrum[a]! * moment[4 * a]!, 0);
        const next = moment.map((value, k) => {
          const [x, y] = [spectrum[Math.floor(k / 3)]!, spectrum[k % 3]!];
          const pushed = eta ** 2 * p * ((k % 4 === 0 ? twice * x : 0) - c * x * y * value);
          return (1 - eta * x) * (1 - eta * y) * value + pushed;
        });
        const size = next[0]! + next[4]! + next[8]!;
        growth = size / (moment[0]! + moment[4]! + moment[8]!);
        moment = next.map((value) => value / size);
      }
      expect(growth).toBeCloseTo(1, 10);
    }
  });

  it("solves Σ ηpλ/(2 − (1 − cp)ηλ) = 1 below the pole, and has Tr H < 2/(pη), for 300 random spectra", () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = seededRandom(seed);
      const spectrum = Float64Array.from({ length: 1 + (seed % 9) }, () => -Math.log(1 - random()));
      const p = 1 - random();
      const c = 1 - 3 * random();
      const eta = structuredNoiseThreshold(spectrum, p, c);
      const top = Math.max(...spectrum);
      if (c * p < 1) expect((1 - c * p) * eta * top).toBeLessThan(2);
      const sum = spectrum.reduce((total, v) => total + (eta * p * v) / (2 - (1 - c * p) * eta * v), 0);
      expect(sum).toBeCloseTo(1, 9);
      const trace = spectrum.reduce((total, v) => total + v, 0);
      expect((trace * p * eta) / 2).toBeLessThan(1 + 1e-12);
    }
  });
});

it("the kernel norm is about ηTr(H)/(2B) for small steps and many examples", () => {
  const { system } = problem(gaussian(400 * 3, seededRandom(2)), new Float64Array(400).fill(1));
  const minimum = prepareMinimum(system);
  const [eta, batchSize] = [1e-5, 2];
  const small = (eta * minimum.powerTraces[0]) / (2 * batchSize);
  expect(kernelNorm(minimum, eta, batchSize) / (small * (1 - batchSize / 400))).toBeCloseTo(1, 4);
});
