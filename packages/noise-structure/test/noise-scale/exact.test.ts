import { describe, expect, it } from "vitest";
import { noiseStructure } from "../../src/index.js";
import { noiseScale, optimalStep } from "../../src/noise-scale.js";
import { allBatches, batchGradient, randomProblem, squaredNorm } from "../noise-strength/problems.js";

describe("the exact noise scales", () => {
  it("are ratios of traces", () => {
    const structure = noiseStructure(randomProblem(2, 2).system);
    const { simple, curvatureWeighted } = noiseScale(structure);
    expect(simple).toBeCloseTo(structure.traceNoise / structure.gradientNorm ** 2, 12);
    expect(curvatureWeighted).toBeCloseTo(structure.traceNoiseG / structure.gradientCurvature, 12);
    const flat = { traceNoise: 1, traceNoiseG: 1, gradientNorm: 0, gradientCurvature: 0 };
    expect(noiseScale(flat)).toEqual({ simple: undefined, curvatureWeighted: undefined });
    expect(optimalStep(flat, 1)).toBeUndefined();
  });

  it("make the gradient as strong as the noise: a batch of B_simple has E‖ĝ‖² = 2‖∇L‖²", () => {
    const structure = noiseStructure(randomProblem(2, 2).system);
    const { simple } = noiseScale(structure);
    const squared = structure.gradientNorm ** 2;
    expect(squared + structure.traceNoise / simple!).toBeCloseTo(2 * squared, 12);
  });

  it.each([1, 2, 4])("give the best single step, over all batches of %d", (batchSize) => {
    const { system, jacobian, parameters, gradients } = randomProblem(21, 1, { examples: 4, parameters: 5 });
    const n = system.examples;
    const full = batchGradient(gradients, new Float64Array(n).fill(1 / n));
    // E L(θ − εĝ) = L − slope·ε + ½·curvature·ε² of the linear model.
    let curvature = 0;
    for (const { weights, probability } of allBatches(n, batchSize, "with-replacement")) {
      const g = batchGradient(gradients, weights);
      for (let i = 0; i < n; i++) {
        let product = 0;
        for (let a = 0; a < parameters; a++) product += jacobian[i * parameters + a]! * g[a]!;
        curvature += (probability * product ** 2) / n;
      }
    }
    const slope = squaredNorm(full);
    const found = optimalStep(noiseStructure(system), batchSize)!;
    expect(found.learningRate).toBeCloseTo(slope / curvature, 12);
    expect(found.decrease).toBeCloseTo(slope ** 2 / (2 * curvature), 12);
  });

  it("refuse a batch of 0", () => {
    const structure = noiseStructure(randomProblem(2).system);
    expect(() => optimalStep(structure, 0)).toThrow(/positive batchSize/);
  });
});
