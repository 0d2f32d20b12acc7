import { describe, expect, it } from "vitest";
import { optimalWeightDecay, regressionStationary, weightDecayStationary } from "@sgdscope/models-rfm/regression";
import { add, diagonal, fixedPoint, multiply, outer, scale, trace } from "../dense.js";
import { relativeError } from "../problems.js";

const eigenvalues = [1, 0.6, 0.3];
const teacher = Float64Array.of(0.8, -1.3, 0.5);
const options = { eigenvalues, teacher, batchSize: 4, learningRate: 0.4 };

describe("weightDecayStationary", () => {
  it.each([
    [0.2, 0],
    [-0.05, 0],
    [0.2, 0.3],
    [[0.3, -0.1, 0.05], 0.1],
  ])("is the fixed point of the second moments about K⁻¹Au: γ = %j, σ² = %f", (weightDecay, noiseVariance) => {
    const result = weightDecayStationary({ ...options, weightDecay, noiseVariance });
    const { learningRate, batchSize } = options;
    const gamma = typeof weightDecay === "number" ? eigenvalues.map(() => weightDecay) : weightDecay;
    const A = diagonal(eigenvalues);
    const contraction = diagonal(eigenvalues.map((a, i) => 1 - learningRate * (a + gamma[i]!)));
    const v = eigenvalues.map((a, i) => (gamma[i]! * teacher[i]!) / (a + gamma[i]!));
    const noise = (R: number[][]): number[][] =>
      scale(1 / batchSize, add(multiply(A, R, A), scale(trace(multiply(A, R)) + noiseVariance, A)));
    const V = outer(v, v);
    const covariance = fixedPoint(
      (Q) => add(multiply(contraction, Q, contraction), scale(learningRate ** 2, noise(add(Q, V)))),
      3,
    );
    expect(result.stable).toBe(true);
    expect(relativeError(result.covariance, covariance.flat())).toBeLessThan(1e-13);
    expect(relativeError(result.noise, noise(add(covariance, V)).flat())).toBeLessThan(1e-13);
    expect(result.excessLoss / (0.5 * trace(multiply(A, add(covariance, V))))).toBeCloseTo(1, 13);
    result.mean.forEach((value, i) => expect(value).toBeCloseTo(teacher[i]! - v[i]!, 14));
  });

  it("is the law without decay at γ = 0", () => {
    const { covariance, noise, excessLoss } = weightDecayStationary({ ...options, weightDecay: 0, noiseVariance: 0.7 });
    const plain = regressionStationary({ ...options, noiseVariance: 0.7 });
    expect(relativeError(covariance, diagonal(plain.covariance).flat())).toBeLessThan(1e-14);
    expect(relativeError(noise, diagonal(plain.noise).flat())).toBeLessThan(1e-14);
    expect(excessLoss / plain.excessLoss).toBeCloseTo(1, 14);
  });

  it("says so where second moments do not settle", () => {
    const far = weightDecayStationary({ ...options, learningRate: 2, weightDecay: 0.1 });
    expect([far.stable, far.excessLoss, far.covariance[0]]).toEqual([false, Infinity, Infinity]);
    expect(weightDecayStationary({ ...options, weightDecay: -0.4 }).stable).toBe(false);
  });

  it("refuses a teacher or decay of another length", () => {
    expect(() => weightDecayStationary({ ...options, teacher: new Float64Array(2), weightDecay: 0 })).toThrow(
      "weightDecayStationary: expected teacher of length 3, got 2",
    );
    expect(() => weightDecayStationary({ ...options, weightDecay: [1] })).toThrow(
      expect.objectContaining({ code: "WRONG_LENGTH" }),
    );
  });
});

describe("optimalWeightDecay", () => {
  const loss = (weightDecay: number, problem: typeof options & { noiseVariance: number }): number =>
    weightDecayStationary({ ...problem, weightDecay }).excessLoss;

  it("is a minimum that a dense scan does not beat", () => {
    for (const [learningRate, noiseVariance] of [
      [0.05, 2],
      [0.4, 0.5],
      [1.2, 0.5],
    ] as const) {
      const problem = { ...options, batchSize: 16, learningRate, noiseVariance };
      const { weightDecay, excessLoss } = optimalWeightDecay(problem);
      expect(excessLoss).toBe(loss(weightDecay, problem));
      for (let gamma = -0.299; gamma < 2; gamma += 0.0013)
        expect(loss(gamma, problem)).toBeGreaterThanOrEqual(excessLoss * (1 - 1e-12));
    }
  });

  it.each([
    [0.5, 1],
    [0.9, 1],
    [1.1, -1],
    [1.5, -1],
  ])("is positive below λa = 1 and negative above, for one input and S = 32: λ = %f", (learningRate, sign) => {
    const { weightDecay } = optimalWeightDecay({
      eigenvalues: [1],
      teacher: Float64Array.of(1),
      batchSize: 32,
      learningRate,
      noiseVariance: 1,
    });
    expect(Math.sign(weightDecay)).toBe(sign);
    expect(Math.abs(weightDecay)).toBeGreaterThan(1e-4);
  });

  it("is 0 without label noise: SGD finds the teacher", () => {
    const { weightDecay, excessLoss } = optimalWeightDecay(options);
    expect(Math.abs(weightDecay)).toBeLessThan(1e-6);
    expect(excessLoss).toBeLessThan(1e-12);
  });

  it("refuses a learning rate that no decay makes stable", () => {
    expect(() => optimalWeightDecay({ ...options, batchSize: 1, learningRate: 50 })).toThrow(
      expect.objectContaining({ code: "INVALID_VALUE" }),
    );
  });
});
