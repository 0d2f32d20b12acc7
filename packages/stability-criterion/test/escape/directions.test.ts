import { describe, expect, it } from "vitest";
import {
  exactThreshold,
  prepareMinimum,
  spectralRadius,
  StabilityError,
  structuredNoiseThreshold,
} from "../../src/index.js";
import { decoupledGrowth, escapeDirections, outsideRatio } from "../../src/escape.js";
import { gramProblem, problem, randomProblem, realizable, seededRandom } from "../support/problems.js";

const spectrum = Float64Array.of(10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05);
const frobenius = Math.hypot(...spectrum);

describe("escape directions under decoupled noise", () => {
  it.each([
    [1.2, 0.38787967259524564, 0.020785477432707835, 1.536400942119832],
    [1.5, 0.32045879314312226, 0.014337024365478873, 2.378736916718945],
    [3, 0.23402970095445164, 0.008580687672819698, 11.174217748133326],
  ])("at η = %d/‖H‖_F are D₁ = %d, D₃ = %d with growth %d a step", (beta, first, third, growth) => {
    const found = decoupledGrowth(spectrum, beta / frobenius);
    expect(found.spectralRadius).toBeCloseTo(growth, 11);
    expect(outsideRatio(spectrum, found.mode, 1)).toBeCloseTo(first, 12);
    expect(outsideRatio(spectrum, found.mode, 3)).toBeCloseTo(third, 12);
  });

  it("are the limit of 60 steps of the recursion, where gradient descent keeps 6e-29 outside", () => {
    const eta = 3 / frobenius;
    let [sgd, descent] = [spectrum.map(() => 1e-6), spectrum.map(() => 1e-6)];
    for (let t = 0; t < 60; t++) {
      const twice = sgd.reduce((sum, value, a) => sum + spectrum[a]! * value, 0);
      sgd = sgd.map((value, a) => (1 - eta * spectrum[a]!) ** 2 * value + eta ** 2 * spectrum[a]! * twice);
      descent = descent.map((value, a) => (1 - eta * spectrum[a]!) ** 2 * value);
    }
    const { mode } = decoupledGrowth(spectrum, eta);
    expect(outsideRatio(spectrum, sgd, 1)).toBeCloseTo(outsideRatio(spectrum, mode, 1), 12);
    expect(outsideRatio(spectrum, descent, 1) / 6e-29).toBeCloseTo(1, 1);
    expect(outsideRatio(spectrum, spectrum, 1)).toBeCloseTo(0.303025, 12);
  });

  it("grow by 1 a step at the threshold of structured noise with c = 0", () => {
    for (const p of [1, 0.25]) {
      const eta = structuredNoiseThreshold(spectrum, p, 0);
      expect(decoupledGrowth(spectrum, eta, p).spectralRadius).toBeCloseTo(1, 12);
    }
  });

  it("refuse bad numbers", () => {
    expect(() => decoupledGrowth(Float64Array.of(0), 1)).toThrow(StabilityError);
    expect(() => decoupledGrowth(Float64Array.of(-1), 1)).toThrow(StabilityError);
    expect(() => outsideRatio(spectrum, spectrum, 0)).toThrow(StabilityError);
    expect(() => outsideRatio(spectrum, Float64Array.of(1), 1)).toThrow(StabilityError);
  });
});

describe("escape directions from exact second moments", () => {
  it("tend to those of the growing mode, while gradient descent escapes along one direction", () => {
    for (let seed = 0; seed < 8; seed++) {
      const random = seededRandom(40 + seed);
      const system = realizable(randomProblem(random, 0, { examples: 9, parameters: 6 }), random);
      const minimum = prepareMinimum(system);
      if (minimum.rank < 3) continue;
      const learningRate = 2.5 / minimum.eigenvalues[0]!;
      const found = escapeDirections(minimum, { learningRate, batchSize: 1, directions: 1, steps: 200 });
      expect(found.ratios.at(-1)! / found.limit).toBeCloseTo(1, 6);
      expect(found.ratios[0]).toBeCloseTo(found.gradientDescent[0]!, 10);
      const second = Math.max(...[...minimum.eigenvalues.slice(1)].map((value) => Math.abs(1 - learningRate * value)));
      if (second < 1.3) expect(found.gradientDescent.at(-1)!).toBeLessThan(1e-3 * found.gradientDescent[0]!);
      expect(found.limit).toBeGreaterThan(0);
    }
  });

  it("are those of decoupled noise with c = 1 for equiangular examples: D₁ from the two-fold spectrum", () => {
    const rows = Array.from({ length: 6 }, (_, i) => Array.from({ length: 6 }, (__, j) => (i === j ? 3.8 : 0.8)));
    const minimum = prepareMinimum(gramProblem(rows));
    const eta = 1.5 * exactThreshold(minimum, { batchSize: 1 }).criticalLearningRate;
    const { limit } = escapeDirections(minimum, { learningRate: eta, batchSize: 1, directions: 1 });
    // With Σ₁ = 2LG at p = 1 a step is q' = (1 − 2ηλ)q + η²λ·Σλq, with a Perron mode λ/(ρ − 1 + 2ηλ).
    const { spectralRadius: rho } = spectralRadius(minimum, eta, { batchSize: 1 });
    const mode = minimum.eigenvalues.map((value) => value / (rho - 1 + 2 * eta * value));
    expect(limit / outsideRatio(minimum.eigenvalues, mode, 1)).toBeCloseTo(1, 9);
  });

  it("have no noise at the full batch, and refuse more directions than the rank", () => {
    const { system } = problem([1, 0, 1, 0, 2, 0, 1, 1, 0], [1, -1, 2]);
    const full = escapeDirections(system, { learningRate: 2, batchSize: 3, directions: 1, steps: 30 });
    expect(full.limit).toBe(0);
    expect(full.decoupledLimit).toBe(0);
    for (let t = 0; t <= 30; t++) expect(full.ratios[t]! / full.gradientDescent[t]!).toBeCloseTo(1, 5);
    for (const change of [{ directions: 4 }, { steps: -1 }, { learningRate: 0 }])
      expect(() => escapeDirections(system, { learningRate: 1, batchSize: 1, directions: 1, ...change })).toThrow(
        StabilityError,
      );
  });
});
