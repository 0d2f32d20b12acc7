import { describe, expect, it } from "vitest";
import { dampedNewtonVariance, naturalGradientVariance, regressionStationary } from "@sgdscope/models-rfm/regression";

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
