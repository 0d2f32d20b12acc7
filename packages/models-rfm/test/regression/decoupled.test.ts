import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  decoupledTrainingVariance,
  regressionCriticalLearningRate,
  regressionStationary,
} from "@sgdscope/models-rfm/regression";
import { add, diagonal, fixedPoint, multiply, scale, trace, type Matrix } from "../dense.js";

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

  it.each([
    [2, 0.3, 4],
    [2, 1.4, 1.5],
    [8, 0.9, 20],
  ])("is Tr[ÂΣ] where second moments settle under C = (2L·Â − E∇L∇Lᵀ)/S: S = %i, λ = %f, α = %f", (...row) => {
    const [batchSize, learningRate, samplesPerParameter] = row;
    const A: Matrix = [
      [0.9, 0.2, -0.1],
      [0.2, 0.4, 0.05],
      [-0.1, 0.05, 0.3],
    ];
    // 2L = Tr[ÂΣ] + σ²(1 − 1/α): least squares on αD examples leave that share of the label noise.
    const left = 0.7 * (1 - 1 / samplesPerParameter);
    const contraction = add(diagonal([1, 1, 1]), scale(-learningRate, A));
    const covariance = fixedPoint((P) => {
      const noise = add(scale(trace(multiply(A, P)) + left, A), scale(-1, multiply(A, P, A)));
      return add(multiply(contraction, P, contraction), scale(learningRate ** 2 / batchSize, noise));
    }, 3);
    const eigenvalues = cubicRoots(A);
    const found = decoupledTrainingVariance({
      eigenvalues,
      learningRate,
      batchSize,
      noiseVariance: 0.7,
      samplesPerParameter,
    });
    expect(found / trace(multiply(A, covariance))).toBeCloseTo(1, 12);
  });

  it("is (λσ²/S)(1 − 1/α)κ̂ in numbers: 1.125 for Â = I in three dimensions, λ = 1, S = 4, σ² = 1, α = 4", () => {
    // Ĝ = 2 − ¾, Tr[Ĝ⁻¹Â] = 2.4, κ̂ = 2.4/(1 − .6) = 6, (1/4)(3/4)·6.
    const options = { eigenvalues: [1, 1, 1], learningRate: 1, batchSize: 4, noiseVariance: 1, samplesPerParameter: 4 };
    expect(decoupledTrainingVariance(options)).toBeCloseTo(1.125, 14);
  });

  it.each([0.2, 0.8])(
    "is the exact fluctuation on the examples themselves up to O(1/D), at S = D, λ = %f",
    (learningRate) => {
      const errors = [4, 8, 16, 32].map((D) => {
        const options = { learningRate, batchSize: D, noiseVariance: 1, samplesPerParameter: 8 };
        const predicted = decoupledTrainingVariance({ ...options, eigenvalues: new Float64Array(D).fill(1) });
        return fluctuationOnExamples(D, 8 * D, learningRate, D) / predicted - 1;
      });
      errors.slice(1).forEach((error, k) => expect(Math.abs(error)).toBeLessThan(Math.abs(errors[k]!)));
      expect((2 * errors[3]!) / errors[2]!).toBeCloseTo(1, 1);
    },
  );

  it("refuses negative eigenvalues", () => {
    expect(() => decoupledTrainingVariance({ ...options, eigenvalues: [1, -1], learningRate: 0.1 })).toThrow(
      "decoupledTrainingVariance: expected eigenvalues[1] ≥ 0, got -1",
    );
  });
});

/** The eigenvalues of a symmetric 3 × 3 matrix, by Newton's method on its characteristic polynomial with deflation. */
function cubicRoots(A: Matrix): number[] {
  const square = trace(multiply(A, A));
  const first = trace(A);
  const second = (first ** 2 - square) / 2;
  const determinant =
    A[0]![0]! * (A[1]![1]! * A[2]![2]! - A[1]![2]! * A[2]![1]!) -
    A[0]![1]! * (A[1]![0]! * A[2]![2]! - A[1]![2]! * A[2]![0]!) +
    A[0]![2]! * (A[1]![0]! * A[2]![1]! - A[1]![1]! * A[2]![0]!);
  let x = first;
  for (let k = 0; k < 100; k++)
    x -= (x ** 3 - first * x ** 2 + second * x - determinant) / (3 * x ** 2 - 2 * first * x + second);
  const [sum, product] = [first - x, determinant / x];
  const root = Math.sqrt(sum ** 2 / 4 - product);
  return [x, sum / 2 + root, sum / 2 - root];
}

/**
 * Tr[ÂΣ] of SGD with replacement on N Gaussian examples, whitened so that Â = I: Σ is the fixed point of the exact second moments about
 * least squares, averaged over label noise of variance 1, which leaves E rᵢ² = 1 − hᵢ with the leverages hᵢ = ‖xᵢ‖²/N.
 */
function fluctuationOnExamples(D: number, N: number, rate: number, batchSize: number): number {
  // Columns of X, made orthogonal, of squared length N.
  const columns: Float64Array[] = [];
  const random = seededRandom(D);
  for (let k = 0; k < D; k++) {
    const column = gaussian(N, random);
    for (const other of columns) {
      const along = other.reduce((sum, value, i) => sum + (value * column[i]!) / N, 0);
      for (let i = 0; i < N; i++) column[i]! -= along * other[i]!;
    }
    const norm = Math.sqrt(column.reduce((sum, value) => sum + value * value, 0) / N);
    columns.push(column.map((value) => value / norm));
  }
  const examples = Array.from({ length: N }, (_, i) => Float64Array.from(columns, (column) => column[i]!));
  let P = new Float64Array(D * D);
  for (let step = 0, last = -1; ; step++) {
    const next = P.map((value) => ((1 - rate) ** 2 - rate ** 2 / batchSize) * value);
    for (const x of examples) {
      let square = 0;
      let weight = 1;
      for (let a = 0; a < D; a++) {
        weight -= x[a]! ** 2 / N;
        for (let b = 0; b < D; b++) square += x[a]! * P[a * D + b]! * x[b]!;
      }
      const share = (rate ** 2 / (batchSize * N)) * (square + weight);
      for (let a = 0; a < D; a++) for (let b = 0; b < D; b++) next[a * D + b]! += share * x[a]! * x[b]!;
    }
    P = next;
    let total = 0;
    for (let a = 0; a < D; a++) total += P[a * (D + 1)]!;
    if (Math.abs(total - last) < 1e-10 * total || step === 1000) return total;
    last = total;
  }
}
