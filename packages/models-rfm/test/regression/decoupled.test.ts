import { describe, expect, it } from "vitest";
import { decoupledTrainingVariance, regressionCriticalLearningRate, regressionStationary } from "@sgdscope/models-rfm";

describe("decoupledTrainingVariance", () => {
  const options = { eigenvalues: [1, 0.5, 0.25, 0.1], batchSize: 2, noiseVariance: 1, samplesPerParameter: 4 };

  it("ends to be finite at 1.5285 where the exact threshold is .9161", () => {
    expect(decoupledTrainingVariance({ ...options, learningRate: 1.5284 })).toBeLessThan(Infinity);
    expect(decoupledTrainingVariance({ ...options, learningRate: 1.5286 })).toBe(Infinity);
    expect(regressionCriticalLearningRate(options)).toBeCloseTo(0.9161, 4);
    // Σ_i 1/(2/(λa_i) − 1 + 1/S) = S there.
    const sum = (rate: number): number => options.eigenvalues.reduce((t, a) => t + 1 / (2 / (rate * a) - 0.5), 0);
    expect(sum(1.5284)).toBeLessThan(2);
    expect(sum(1.5286)).toBeGreaterThan(2);
  });

  it("is 0 where parameters outnumber examples, and nears the population's for many examples in high dimension", () => {
    expect(decoupledTrainingVariance({ ...options, learningRate: 0.1, samplesPerParameter: 0.5 })).toBe(0);
    const many = {
      eigenvalues: new Float64Array(400).fill(1),
      batchSize: 100,
      noiseVariance: 1,
      learningRate: 0.1,
    };
    const exact = 2 * regressionStationary(many).excessLoss;
    expect(Math.abs(decoupledTrainingVariance({ ...many, samplesPerParameter: 1e9 }) / exact - 1)).toBeLessThan(0.01);
  });

  it("refuses negative eigenvalues", () => {
    expect(() => decoupledTrainingVariance({ ...options, eigenvalues: [1, -1], learningRate: 0.1 })).toThrow(
      "decoupledTrainingVariance: expected eigenvalues[1] ≥ 0, got -1",
    );
  });
});
