import { describe, expect, it } from "vitest";
import {
  gramSystemFromJacobian,
  noiseStrength,
  noiseStrengthFromNorms,
  noiseStructure,
  type NoiseStructureError,
} from "../../src/index.js";
import { batchGradient, randomProblem, squaredNorm } from "./problems.js";

const normsOf = (gradients: Float64Array, n: number): number[] => {
  const width = gradients.length / n;
  return Array.from({ length: n }, (_, i) => Math.sqrt(squaredNorm(gradients.subarray(i * width, (i + 1) * width))));
};

describe("the noise strength", () => {
  it("is 32/9 for the 3 × 3 system, of 14/3 in all and 16/3 if decoupled", () => {
    const system = gramSystemFromJacobian(Float64Array.of(1, 0, 1, 0, 2, 0, 1, 1, 0), Float64Array.of(1, -1, 2), {
      examples: 3,
      outputs: 1,
    });
    const found = noiseStrength(system);
    expect(found.strength).toBeCloseTo(32 / 9, 13);
    expect(found.meanSquaredGradient).toBeCloseTo(14 / 3, 13);
    expect(found.squaredGradient).toBeCloseTo(10 / 9, 13);
    expect(found.loss).toBeCloseTo(1, 14);
    expect(found.decoupledStrength).toBeCloseTo(16 / 3, 13);
  });

  it.each([1, 2, 4])("is Tr Σ, and that of the gradients of examples, with %d outputs", (outputs) => {
    for (let seed = 0; seed < 30; seed++) {
      const { system, gradients } = randomProblem(seed, outputs);
      const n = system.examples;
      const found = noiseStrength(system);
      const { traceNoise, traceUncentredNoise, gradientNorm, loss } = noiseStructure(system);
      expect(found.strength / traceNoise).toBeCloseTo(1, 11);
      expect(found.meanSquaredGradient / traceUncentredNoise).toBeCloseTo(1, 12);
      expect(found.loss / loss).toBeCloseTo(1, 12);
      const mean = batchGradient(gradients, new Float64Array(n).fill(1 / n));
      expect(gradientNorm).toBeCloseTo(Math.sqrt(squaredNorm(mean)), 12);
      const fromNorms = noiseStrengthFromNorms(normsOf(gradients, n), gradientNorm);
      expect(fromNorms.strength / traceNoise).toBeCloseTo(1, 9);
      expect(fromNorms.squaredGradient).toBeCloseTo(found.squaredGradient, 11);
    }
  });

  it("is as if decoupled when all squared residuals are equal", () => {
    const { system } = randomProblem(3, 1, { examples: 6 });
    const equal = { ...system, residuals: system.residuals.map((r) => Math.sign(r) * 0.7) };
    const found = noiseStrength(equal);
    expect(found.meanSquaredGradient).toBeCloseTo(found.decoupledStrength, 13);
  });

  it("is as if decoupled on average over residuals of one size in every output", () => {
    const { system } = randomProblem(4, 3, { examples: 5 });
    const found = [0, 1, 2].map((output) =>
      noiseStrength({ ...system, residuals: system.residuals.map((_, a) => (a % 3 === output ? 0.7 : 0)) }),
    );
    const mean = found.reduce((sum, each) => sum + each.meanSquaredGradient / 3, 0);
    expect(found[0]!.decoupledStrength / mean).toBeCloseTo(1, 13);
  });

  it("is 0 for examples that are all the same, and non-negative after rounding", () => {
    const system = gramSystemFromJacobian(
      Float64Array.of(0.1, 0.3, 0.1, 0.3, 0.1, 0.3),
      Float64Array.of(0.7, 0.7, 0.7),
      {
        examples: 3,
        outputs: 1,
      },
    );
    const found = noiseStrength(system);
    expect(found.strength).toBeGreaterThanOrEqual(0);
    expect(found.strength).toBeLessThan(1e-16);
    expect(noiseStrengthFromNorms([0.1, 0.1, 0.1], 0.1 + 1e-17).strength).toBeGreaterThanOrEqual(0);
  });

  it("is unbiased from samples, over all samples of three drawn from four", () => {
    const { system, gradients } = randomProblem(8, 1, { examples: 4, parameters: 3 });
    const norms = normsOf(gradients, 4);
    const exact = noiseStrength(system);
    let strength = 0;
    let squared = 0;
    const samples = 4 ** 3;
    for (let code = 0; code < samples; code++) {
      const drawn = [code % 4, Math.floor(code / 4) % 4, Math.floor(code / 16)];
      const weights = new Float64Array(4);
      for (const i of drawn) weights[i]! += 1 / 3;
      const gradientNorm = Math.sqrt(squaredNorm(batchGradient(gradients, weights)));
      const found = noiseStrengthFromNorms(
        drawn.map((i) => norms[i]!),
        gradientNorm,
        { sample: true },
      );
      strength += found.strength / samples;
      squared += found.squaredGradient / samples;
    }
    expect(strength).toBeCloseTo(exact.strength, 12);
    expect(squared).toBeCloseTo(exact.squaredGradient, 12);
  });

  it("refuses no norms, a single norm as a sample, and numbers that are not finite", () => {
    const code = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        return (error as NoiseStructureError).code;
      }
      return "none";
    };
    expect(code(() => noiseStrengthFromNorms([], 1))).toBe("INVALID_ARGUMENT");
    expect(code(() => noiseStrengthFromNorms([1], 1, { sample: true }))).toBe("INVALID_ARGUMENT");
    expect(code(() => noiseStrengthFromNorms([1, NaN], 1))).toBe("NOT_FINITE");
    expect(code(() => noiseStrengthFromNorms([1, 2], -1))).toBe("INVALID_ARGUMENT");
    expect(() => noiseStrengthFromNorms([1], 1, { sample: true })).toThrow(
      "noiseStrengthFromNorms: expected the number of gradientNorms to be an integer of at least 2, got 1.",
    );
  });
});
