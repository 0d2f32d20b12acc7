import { multiply, norm, symmetricEigenvalues } from "@sgdscope/linear-algebra";
import { gaussian } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  exactThreshold,
  prepareMinimum,
  samplingWeights,
  spectralRadius,
  type PreparedMinimum,
  type Sampling,
  type SamplingWeights,
} from "../../src/index.js";
import { problem, randomProblem, seededRandom } from "../support/problems.js";

const modes: Sampling[] = ["with-replacement", "without-replacement", "bernoulli"];

/** `(1/n) Σ XᵢᵀXᵢMXᵢᵀXᵢ`. */
function single({ examples, outputs, rank, features }: PreparedMinimum, moment: Float64Array): Float64Array {
  const out = new Float64Array(rank * rank);
  for (let i = 0; i < examples; i++) {
    const rows = features.slice(i * outputs * rank, (i + 1) * outputs * rank);
    const columns = Float64Array.from(
      { length: rows.length },
      (_, k) => rows[(k % outputs) * rank + Math.floor(k / outputs)]!,
    );
    const h = multiply(columns, rows, rank, outputs, rank);
    multiply(multiply(h, moment, rank, rank, rank), h, rank, rank, rank).forEach(
      (value, k) => (out[k]! += value / examples),
    );
  }
  return out;
}

/** η* by power iteration on `C^{-½}DC^{-½}` from the identity. */
function byPowerIteration(minimum: PreparedMinimum, { noise, fullBatch }: SamplingWeights): number {
  const { rank, eigenvalues } = minimum;
  const at = (k: number): [number, number] => [eigenvalues[Math.floor(k / rank)]!, eigenvalues[k % rank]!];
  const root = (k: number): number => Math.sqrt((at(k)[0] + at(k)[1]) / 2);
  let moment: Float64Array = Float64Array.from({ length: rank * rank }, (_, k) =>
    k % (rank + 1) === 0 ? 1 / Math.sqrt(rank) : 0,
  );
  let value = 0;
  for (let t = 0; t < 20_000; t++) {
    const y = moment.map((m, k) => m / root(k));
    const z = single(minimum, y).map((s, k) => (fullBatch * at(k)[0] * at(k)[1] * y[k]! + noise * s) / root(k));
    const next = moment.reduce((sum, m, k) => sum + m * z[k]!, 0);
    const size = norm(z);
    moment = z.map((v) => v / size);
    if (Math.abs(next - value) < 1e-14 * next) break;
    value = next;
  }
  return 2 / value;
}

describe.each(modes)("the exact threshold, %s", (sampling) => {
  it("is that of power iteration on the matrix problem, one and several outputs", () => {
    for (let seed = 0; seed < 60; seed++) {
      const { system } = randomProblem(seededRandom(seed), seed, {
        examples: 6,
        parameters: 6,
        outputs: 1 + (seed % 3),
      });
      const minimum = prepareMinimum(system);
      const batchSize = 1 + (seed % system.examples);
      const { criticalLearningRate } = exactThreshold(minimum, { batchSize, sampling });
      const expected = byPowerIteration(minimum, samplingWeights(system.examples, { batchSize, sampling }));
      expect(Math.abs(criticalLearningRate / expected - 1)).toBeLessThan(1e-8);
    }
  });

  it("has positive semidefinite modes of trace 1, at the threshold and in growth, that one application reproduces", () => {
    for (let seed = 0; seed < 60; seed++) {
      const { system } = randomProblem(seededRandom(90 + seed), seed, {
        examples: 7,
        parameters: 6,
        outputs: 1 + (seed % 2),
      });
      const minimum = prepareMinimum(system);
      const { rank, eigenvalues } = minimum;
      const batchSize = 1 + (seed % Math.min(2, system.examples));
      const { noise, fullBatch } = samplingWeights(system.examples, { batchSize, sampling });
      const found = exactThreshold(minimum, { batchSize, sampling });
      const eta = 1.3 * found.criticalLearningRate;
      const growth = spectralRadius(minimum, eta, { batchSize, sampling });
      for (const { mode } of [found, growth]) {
        const values = symmetricEigenvalues(mode, rank);
        expect(values[rank - 1]!).toBeGreaterThan(-1e-9);
        expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
      }
      const pushed = single(minimum, growth.mode);
      growth.mode.forEach((value, k) => {
        const [p, q] = [eigenvalues[Math.floor(k / rank)]!, eigenvalues[k % rank]!];
        const image = value * (1 - eta * (p + q) + eta * eta * fullBatch * p * q) + eta * eta * noise * pushed[k]!;
        expect(Math.abs(image - growth.spectralRadius * value)).toBeLessThan(1e-6 * growth.spectralRadius);
      });
    }
  });
});

describe("next to the full batch, where the noise is next to nothing", () => {
  const shortfalls = [1e-3, 1e-7, 1e-9, 1e-12];

  it("is 2/(λ + p·n·λ) of n orthogonal examples of one length, and says that it is found", () => {
    for (const n of [1, 2, 3, 7])
      for (const shortfall of shortfalls) {
        const gram = Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? n : 0));
        const system = { examples: n, outputs: 1, gram, residuals: new Float64Array(n) };
        const batches = { batchSize: n - shortfall, sampling: "bernoulli" } as const;
        const { noise } = samplingWeights(n, batches);
        const { criticalLearningRate, converged } = exactThreshold(system, batches);
        expect(converged, `n = ${n}, B = n − ${shortfall}`).toBe(true);
        expect((criticalLearningRate * (1 + noise * n)) / 2).toBeCloseTo(1, 14);
      }
  });

  it("is found, and tends to that of the top eigenvector", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { system } = randomProblem(seededRandom(300 + seed), seed, {
        examples: 9,
        parameters: 8,
        outputs: 1 + (seed % 2),
      });
      for (const shortfall of shortfalls) {
        const batches = { batchSize: system.examples - shortfall, sampling: "bernoulli" } as const;
        const { criticalLearningRate, converged } = exactThreshold(system, batches);
        expect(converged, `seed ${seed}, B = n − ${shortfall}`).toBe(true);
        const top = prepareMinimum(system).eigenvalues[0]!;
        expect(criticalLearningRate * top).toBeLessThanOrEqual(2 * (1 + 1e-14));
        expect(Math.abs(criticalLearningRate * top - 2)).toBeLessThan(100 * shortfall + 1e-13);
      }
    }
  });
});

it("of 200 examples in 20 dimensions is that of power iteration", () => {
  const minimum = prepareMinimum(problem(gaussian(200 * 20, seededRandom(3)), new Float64Array(200).fill(1)).system);
  const expected = byPowerIteration(minimum, samplingWeights(200, { batchSize: 1 }));
  expect(exactThreshold(minimum, { batchSize: 1 }).criticalLearningRate / expected).toBeCloseTo(1, 9);
});
