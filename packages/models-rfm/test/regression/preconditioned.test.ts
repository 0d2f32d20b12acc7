import { describe, expect, it } from "vitest";
import {
  dampedNewtonVariance,
  decoupledTrainingVariance,
  naturalGradientVariance,
  regressionCriticalLearningRate,
  regressionStationary,
} from "@sgdscope/models-rfm";

const eigenvalues = [1.7, 0.9, 0.4];
const [D, batchSize, noiseVariance] = [3, 4, 0.7];

describe("dampedNewtonVariance", () => {
  it.each([
    [0, 0.3],
    [0.9, 0.05],
  ])("is the stationary law with Λ = λA⁻¹: μ = %f, λ = %f", (momentum, learningRate) => {
    const { covariance } = regressionStationary({
      eigenvalues,
      learningRate: eigenvalues.map((a) => learningRate / a),
      batchSize,
      noiseVariance,
      momentum,
    });
    const c = dampedNewtonVariance({ dimension: D, learningRate, batchSize, noiseVariance, momentum });
    covariance.forEach((value, i) => expect((value * eigenvalues[i]!) / c).toBeCloseTo(1, 13));
  });

  it("is Infinity from λ = 2S/(S + D + 1) on", () => {
    const c = (learningRate: number): number =>
      dampedNewtonVariance({ dimension: 3, learningRate, batchSize, noiseVariance });
    expect(c(0.999)).toBeLessThan(Infinity);
    expect(c(1.001)).toBe(Infinity);
  });
});

describe("naturalGradientVariance", () => {
  it.each([0, 0.5, 0.9])("solves the Lyapunov equation of SGD with momentum %f, with J = S·C", (momentum) => {
    const learningRate = 0.2;
    const c = naturalGradientVariance({ dimension: D, learningRate, batchSize, momentum });
    for (const a of eigenvalues) {
      // Σ = c/a; C = (aΣa + DcA)/S = c(1 + D)a/S; Λ = λ/(S·C).
      const noise = (c * (1 + D) * a) / batchSize;
      const [sigma, rate] = [c / a, learningRate / (batchSize * noise)];
      const m = momentum;
      const left =
        2 * (1 - m) * rate * a * sigma -
        ((1 + m * m) / (1 - m * m)) * rate * a * sigma * a * rate +
        (m / (1 - m * m)) * 2 * rate * a * rate * a * sigma;
      expect(left / (rate * noise * rate)).toBeCloseTo(1, 12);
    }
  });
});

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
