import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  diagonalLinear,
  diagonalLinearBalance,
  diagonalLinearTrace,
  leastSquares,
  pathNorm,
  twoLayerRelu,
  twoLayerReluTrace,
  uniformOnSphere,
} from "@sgdscope/models-rfm";

describe("twoLayerReluTrace", () => {
  it("is Tr G = ½ Σ(‖w_j‖² + d·a_j²) on average over the sphere of radius √d", () => {
    const [inputs, samples] = [5, 20_000];
    const model = twoLayerRelu({ inputs, width: 4 });
    const theta = model.init(seededRandom(9));
    const X = uniformOnSphere(samples, inputs, seededRandom(1));
    const J = model.jacobian(theta, X);
    const norms = Float64Array.from({ length: samples }, (_, i) =>
      J.subarray(i * model.parameters, (i + 1) * model.parameters).reduce((sum, g) => sum + g * g, 0),
    );
    const mean = norms.reduce((a, b) => a + b) / samples;
    const deviation = Math.sqrt(norms.reduce((sum, v) => sum + (v - mean) ** 2, 0) / samples);
    const expected = twoLayerReluTrace(model, theta);
    expect(Math.abs(mean - expected)).toBeLessThan((5 * deviation) / Math.sqrt(samples));
    const hidden = theta.subarray(0, 20).reduce((sum, w) => sum + w * w, 0);
    const output = theta.subarray(20).reduce((sum, a) => sum + a * a, 0);
    expect(expected).toBeCloseTo((hidden + inputs * output) / 2, 13);
  });

  it("is exact on inputs that come in pairs ±x, here ±√d·e_k", () => {
    const d = 6;
    const model = twoLayerRelu({ inputs: d, width: 7 });
    const theta = model.init(seededRandom(2));
    const X = new Float64Array(2 * d * d);
    for (let k = 0; k < d; k++) [X[2 * k * d + k], X[(2 * k + 1) * d + k]] = [Math.sqrt(d), -Math.sqrt(d)];
    const { gram } = model.gramSystem(theta, X, new Float64Array(2 * d));
    const trace = Array.from({ length: 2 * d }, (_, i) => gram[i * (2 * d + 1)]!).reduce((a, b) => a + b) / (2 * d);
    expect(trace / twoLayerReluTrace(model, theta)).toBeCloseTo(1, 13);
  });

  it("is at least √d times the path norm, with equality where ‖w_j‖ = √d|a_j|", () => {
    const model = twoLayerRelu({ inputs: 4, width: 3 });
    const theta = model.init(seededRandom(2));
    expect(pathNorm(model, theta)).toBeLessThan(twoLayerReluTrace(model, theta) / 2);
    const balanced = Float64Array.of(2, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, -6, 1, -2, 3);
    expect(pathNorm(model, balanced)).toBe(2 + 8 + 18);
    expect(twoLayerReluTrace(model, balanced)).toBe(2 * (2 + 8 + 18));
  });
});

describe("diagonalLinearTrace", () => {
  const model = diagonalLinear({ inputs: 6 });
  const theta = model.init(seededRandom(4));

  it("is the trace of the Gram matrix over n, for the mean squares of the inputs", () => {
    const n = 9;
    const X = gaussian(6 * n, seededRandom(5));
    const { gram } = model.gramSystem(theta, X, new Float64Array(n));
    const moments = new Float64Array(6);
    X.forEach((x, k) => (moments[k % 6]! += x ** 2 / n));
    const traceOfGram = Array.from({ length: n }, (_, i) => gram[i * (n + 1)]! / n).reduce((a, b) => a + b);
    const { trace, leastTrace } = diagonalLinearTrace(model, theta, moments);
    expect(trace / traceOfGram).toBeCloseTo(1, 13);
    expect(leastTrace).toBeLessThan(trace);
  });

  it("is least where |a_j| = |b_j|, and balance is the ratio", () => {
    const balanced = Float64Array.of(1, 2, 0, 3, 1, 1, -1, 2, 0, -3, 1, 1);
    expect(diagonalLinearTrace(model, balanced)).toEqual({ trace: 32, leastTrace: 32 });
    expect(diagonalLinearBalance(model, balanced)).toBe(1);
    const { trace, leastTrace } = diagonalLinearTrace(model, theta);
    expect(diagonalLinearBalance(model, theta)).toBe(trace / leastTrace);
    expect(diagonalLinearBalance(model, Float64Array.of(4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0))).toBe(17 / 8);
  });

  it("falls below 2/η under SGD, and with it the balance, while gradient flow keeps every a_j² − b_j²", () => {
    const n = 20;
    const X = gaussian(6 * n, seededRandom(6));
    const y = Float64Array.from({ length: n }, (_, i) => X[6 * i]! + X[6 * i + 1]!);
    const { gradient, loss } = leastSquares(model, X, y);
    const run = (learningRate: number, steps: number, batches: boolean): Float64Array => {
      const random = seededRandom(7);
      const at = Float64Array.of(4, 4, 4, 4, 4, 4, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25);
      const all = Int32Array.from({ length: n }, (_, i) => i);
      const g = new Float64Array(12);
      for (let step = 0; step < steps; step++) {
        const batch = batches ? [Math.floor(n * random())] : all;
        gradient(at, batch, g.fill(0));
        const norm = Math.hypot(...g) / batch.length;
        const clipped = learningRate * Math.min(1, 20 / norm);
        for (let k = 0; k < 12; k++) at[k]! -= (clipped / batch.length) * g[k]!;
      }
      return at;
    };
    const flow = run(1e-4, 20_000, false);
    for (let j = 0; j < 6; j++) expect(flow[j]! ** 2 - flow[6 + j]! ** 2).toBeCloseTo(15.9375, 1);
    const moments = new Float64Array(6);
    X.forEach((x, k) => (moments[k % 6]! += x ** 2 / n));
    const balances = [diagonalLinearBalance(model, flow)];
    for (const learningRate of [0.05, 0.1, 0.2]) {
      const end = run(learningRate, 20_000, true);
      expect(loss(end)).toBeLessThan(1e-20);
      expect(diagonalLinearTrace(model, end, moments).trace).toBeLessThan(2 / learningRate);
      balances.push(diagonalLinearBalance(model, end));
    }
    // Towards 1 with larger steps.
    expect(balances).toEqual([...balances].sort((a, b) => b - a));
    expect(balances[0]).toBeGreaterThan(20);
    expect(balances[3]).toBeLessThan(1.5);
  });
});
