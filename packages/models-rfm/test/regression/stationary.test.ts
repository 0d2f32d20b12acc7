import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { regressionCriticalLearningRate, regressionStationary } from "@sgdscope/models-rfm/regression";
import { add, diagonal, fixedPoint, growthRate, multiply, scale, trace, transpose, type Matrix } from "../dense.js";

/** (w, m) ↦ E of the next second moments of w ← w − Λm′, m′ = μm + ĝ, by Isserlis: C = (APA + Tr[AP]A)/S for the noise of w. */
function secondMoments(A: Matrix, rates: Matrix, S: number, mu: number): (P: Matrix) => Matrix {
  const d = A.length;
  const identity = diagonal(A.map(() => 1));
  const block = (upperLeft: Matrix, upperRight: Matrix, lowerLeft: Matrix, lowerRight: Matrix): Matrix => [
    ...upperLeft.map((row, i) => [...row, ...upperRight[i]!]),
    ...lowerLeft.map((row, i) => [...row, ...lowerRight[i]!]),
  ];
  const M = block(add(identity, scale(-1, multiply(rates, A))), scale(-mu, rates), A, scale(mu, identity));
  const inject = (C: Matrix): Matrix => {
    const G = [...scale(-1, rates), ...identity];
    return multiply(G, C, transpose(G));
  };
  return (P) => {
    const ofW = P.slice(0, d).map((row) => row.slice(0, d));
    const C = scale(1 / S, add(multiply(A, ofW, A), scale(trace(multiply(A, ofW)), A)));
    return add(multiply(M, P, transpose(M)), inject(C));
  };
}

const spectrum = [1.7, 0.9, 0.4];
const A = diagonal(spectrum);
const S = 4;

describe("regressionStationary", () => {
  it.each([
    [0, 0.05],
    [0, 0.2],
    [0.5, 0.025],
    [0.5, 0.1],
    [0.9, 0.02],
  ])("is the fixed point of the second moments of weights and momentum: μ = %f, λ = %f", (momentum, learningRate) => {
    const noiseVariance = 0.7;
    const result = regressionStationary({ eigenvalues: spectrum, learningRate, batchSize: S, momentum, noiseVariance });
    const rates = diagonal(spectrum.map(() => learningRate));
    const homogeneous = secondMoments(A, rates, S, momentum);
    const labels = scale(noiseVariance / S, A);
    const G = [...scale(-1, rates), ...diagonal([1, 1, 1])];
    const P = fixedPoint((moments) => add(homogeneous(moments), multiply(G, labels, transpose(G))), 6);
    const covariance = P.slice(0, 3).map((row) => row.slice(0, 3));
    result.covariance.forEach((value, i) => expect(value / covariance[i]![i]!).toBeCloseTo(1, 12));
    // Theorem 3 is the noise of Lemma 1 at that covariance.
    const C = scale(1 / S, add(multiply(A, covariance, A), scale(trace(multiply(A, covariance)) + noiseVariance, A)));
    result.noise.forEach((value, i) => expect(value / C[i]![i]!).toBeCloseTo(1, 12));
    expect(result.excessLoss / (0.5 * trace(multiply(A, covariance)))).toBeCloseTo(1, 12);
  });

  it.each([
    ["any", 0, [0.1, 0.3, 0.8]],
    ["λA⁻¹, damped Newton", 0, spectrum.map((a) => 0.3 / a)],
    ["λA⁻¹, damped Newton", 0.9, spectrum.map((a) => 0.05 / a)],
  ])("holds for one learning rate a direction: %s, μ = %f", (_, momentum, rates) => {
    const { covariance, stable } = regressionStationary({
      eigenvalues: spectrum,
      learningRate: rates,
      batchSize: S,
      momentum,
      noiseVariance: 1,
    });
    expect(stable).toBe(true);
    const homogeneous = secondMoments(A, diagonal(rates), S, momentum);
    const G = [...scale(-1, diagonal(rates)), ...diagonal([1, 1, 1])];
    const P = fixedPoint((moments) => add(homogeneous(moments), multiply(G, scale(1 / S, A), transpose(G))), 6);
    covariance.forEach((value, i) => expect(value / P[i]![i]!).toBeCloseTo(1, 12));
  });

  it.each([
    [0.05, 0.0740740741],
    [0.2, 0.6666666667],
  ])(
    "has the floor E‖w − w*‖² = λσ²D/(S(2 − λa(1 + (D + 1)/S))) of isotropic inputs: λ = %f",
    (learningRate, floor) => {
      const { covariance } = regressionStationary({
        eigenvalues: new Float64Array(20).fill(1),
        learningRate,
        batchSize: 4,
        noiseVariance: 0.5,
      });
      expect(covariance.reduce((a, b) => a + b)).toBeCloseTo(floor, 10);
    },
  );

  it("is 0.0588235 for one input, σ = 1, λ = 0.1, S = 1", () => {
    const { covariance } = regressionStationary({
      eigenvalues: [1],
      learningRate: 0.1,
      batchSize: 1,
      noiseVariance: 1,
    });
    expect(covariance[0]).toBeCloseTo(0.0588235, 7);
    expect(covariance[0]).toBeCloseTo(1 / 17, 15);
  });

  it("tends to λσ²/(2S)·I for small rates and large batches, and to the law of a fixed Hessian for large ones", () => {
    const slow = regressionStationary({ eigenvalues: spectrum, learningRate: 1e-6, batchSize: 1e4, noiseVariance: 2 });
    for (const value of slow.covariance) expect(value / (1e-6 / 1e4)).toBeCloseTo(1, 5);
    // Σ = 2L₀/(S(1 − μ))·Λ(2I − ΛA/(1 + μ))⁻¹ with 2L₀ = σ² (Corollary 3 of the source).
    const [learningRate, momentum, batchSize] = [0.3, 0.5, 1e8];
    const large = regressionStationary({ eigenvalues: spectrum, learningRate, momentum, batchSize, noiseVariance: 2 });
    large.covariance.forEach((value, i) => {
      const expected = ((2 / batchSize / (1 - momentum)) * learningRate) / (2 - (learningRate * spectrum[i]!) / 1.5);
      expect(value / expected).toBeCloseTo(1, 7);
    });
  });

  it("is what SGD with momentum does on fresh Gaussian examples", () => {
    const [learningRate, momentum, batchSize, noiseVariance] = [0.08, 0.5, 2, 0.5];
    const { covariance } = regressionStationary({
      eigenvalues: spectrum,
      learningRate,
      momentum,
      batchSize,
      noiseVariance,
    });
    const random = seededRandom(5);
    const [w, m] = [new Float64Array(3), new Float64Array(3)];
    const [blocks, length] = [60, 3000];
    const means = Array.from({ length: blocks }, () => new Float64Array(3));
    for (let block = -1; block < blocks; block++)
      for (let step = 0; step < length; step++) {
        const z = gaussian(4 * batchSize, random);
        const g = new Float64Array(3);
        for (let i = 0; i < batchSize; i++) {
          const x = spectrum.map((a, k) => Math.sqrt(a) * z[4 * i + k]!);
          const r = x.reduce((sum, value, k) => sum + value * w[k]!, 0) - Math.sqrt(noiseVariance) * z[4 * i + 3]!;
          for (let k = 0; k < 3; k++) g[k]! += (r * x[k]!) / batchSize;
        }
        for (let k = 0; k < 3; k++) {
          m[k] = momentum * m[k]! + g[k]!;
          w[k]! -= learningRate * m[k]!;
          // The first block is the way there.
          if (block >= 0) means[block]![k]! += w[k]! ** 2 / length;
        }
      }
    covariance.forEach((expected, k) => {
      const mean = means.reduce((sum, block) => sum + block[k]!, 0) / blocks;
      const error = Math.sqrt(means.reduce((sum, block) => sum + (block[k]! - mean) ** 2, 0)) / blocks;
      expect(Math.abs(mean - expected)).toBeLessThan(5 * error);
    });
  });

  it("says so where second moments do not settle", () => {
    const { stable, kappa, covariance, noise, excessLoss } = regressionStationary({
      eigenvalues: [1, 1],
      learningRate: 1,
      batchSize: 1,
      noiseVariance: 1,
    });
    expect(stable).toBe(false);
    expect([kappa, ...covariance, ...noise, excessLoss].every((value) => value === Infinity)).toBe(true);
  });

  it("refuses what is no problem", () => {
    const options = { eigenvalues: [1, 2], learningRate: 0.1, batchSize: 1 };
    for (const [changed, code] of [
      [{ eigenvalues: [1, 0] }, "INVALID_SIZE"],
      [{ eigenvalues: [] }, "INVALID_SIZE"],
      [{ learningRate: 0 }, "INVALID_SIZE"],
      [{ learningRate: [0.1] }, "WRONG_LENGTH"],
      [{ batchSize: 1.5 }, "INVALID_SIZE"],
      [{ momentum: 1 }, "INVALID_VALUE"],
      [{ noiseVariance: -1 }, "INVALID_VALUE"],
    ] as const)
      expect(() => regressionStationary({ ...options, ...changed })).toThrow(expect.objectContaining({ code }));
  });
});

describe("regressionCriticalLearningRate", () => {
  it.each([
    [1, 1, 1, 2 / 3],
    [4, 2, 0.5, 8 / 7],
    [5, 8, 2, 4 / 7],
  ])("is 2S/(a(S + D + 1)) for isotropic inputs: D = %i, S = %i, a = %f", (D, batchSize, a, expected) => {
    const eigenvalues = new Float64Array(D).fill(a);
    expect(regressionCriticalLearningRate({ eigenvalues, batchSize })).toBeCloseTo(expected, 14);
    for (const momentum of [0.5, 0.9]) {
      const closed = (2 * (1 - momentum) * batchSize) / (a * (D + 1 + (batchSize * (1 - momentum)) / (1 + momentum)));
      expect(regressionCriticalLearningRate({ eigenvalues, batchSize, momentum }) / closed).toBeCloseTo(1, 14);
    }
  });

  it("is 0.9160843705 for the spectrum (1, .5, .25, .1) at S = 2", () => {
    const critical = regressionCriticalLearningRate({ eigenvalues: [1, 0.5, 0.25, 0.1], batchSize: 2 });
    expect(critical).toBeCloseTo(0.9160843705, 10);
  });

  it.each([0, 0.5, 0.9])("is where the second-moment operator has growth rate 1, with momentum %f", (momentum) => {
    const critical = regressionCriticalLearningRate({ eigenvalues: spectrum, batchSize: S, momentum });
    const rate = (factor: number): number =>
      growthRate(secondMoments(A, diagonal(spectrum.map(() => factor * critical)), S, momentum), 6);
    expect(rate(1)).toBeCloseTo(1, 9);
    expect(rate(0.98)).toBeLessThan(1);
    expect(rate(1.02)).toBeGreaterThan(1);
    const stable = (factor: number): boolean =>
      regressionStationary({ eigenvalues: spectrum, learningRate: factor * critical, batchSize: S, momentum }).stable;
    expect([stable(0.999), stable(1.001)]).toEqual([true, false]);
  });
});
