import { readFileSync } from "node:fs";
import { join } from "node:path";
import { noiseStructure } from "@sgdscope/noise-structure";
import { describe, expect, it } from "vitest";
import { batchSharpness, exactThreshold, prepareMinimum } from "../src/index.js";
import { repetitions } from "../../../tooling/soak.js";
import { fixtures, tinyCnnSystem } from "./support/tiny-cnn.js";

if (fixtures === undefined)
  console.warn("skips the PyTorch references: set SGDSCOPE_TORCH_FIXTURES_DIR to the folder that holds them.");

interface Exact {
  loss: number;
  grad_norm: number;
  G_trace: number;
  G_fro: number;
  G_top10: number[];
  G_rank_1e10: number;
  tr_Sigma: number;
  tr_S: number;
  align: Factors;
  align_uncentered: Factors;
  batch_sharpness_B1_exact: number;
  mean_square_stability: Record<string, { eta_star: number }>;
}
interface Factors {
  mu: number;
  alpha: number;
  beta: number;
  tr_noise_G: number;
  noise_fro: number;
}

const exactly = (name: string): Exact =>
  JSON.parse(readFileSync(join(fixtures!, `${name}.exact.json`), "utf8")) as Exact;

const expectRelative = (found: number | undefined, expected: number, tolerance: number): void => {
  expect(Math.abs(found! / expected - 1), `${found} against ${expected}`).toBeLessThan(tolerance);
};

describe.skipIf(fixtures === undefined)("a CNN with 10 outputs against PyTorch in double precision", () => {
  // At the interpolating minimum the residuals are differences of numbers near 1, known to eight digits.
  describe.each([
    ["tiny_init", 1e-10],
    ["tiny_interp", 1e-6],
  ])("%s", (name, tolerance) => {
    const found = lazy(() => noiseStructure(tinyCnnSystem(name), { eigenvalues: 10 }));

    it("has its loss, gradient and Gauss–Newton matrix", () => {
      const expected = exactly(name);
      expectRelative(found().loss, expected.loss, tolerance);
      expectRelative(found().gradientNorm, expected.grad_norm, tolerance);
      expectRelative(found().traceG, expected.G_trace, 1e-10);
      expectRelative(found().frobeniusG, expected.G_fro, 1e-10);
      expected.G_top10.forEach((value, k) => expectRelative(found().eigenvalues[k], value, 1e-10));
    });

    it("has its noise and alignment factors, centred and uncentred", () => {
      const expected = exactly(name);
      expectRelative(found().traceNoise, expected.tr_Sigma, tolerance);
      expectRelative(found().traceUncentredNoise, expected.tr_S, tolerance);
      expectRelative(found().traceNoiseG, expected.align.tr_noise_G, tolerance);
      expectRelative(found().frobeniusNoise, expected.align.noise_fro, tolerance);
      expectRelative(found().alignmentFactor, expected.align.mu, tolerance);
      expectRelative(found().directionAlignment, expected.align.alpha, tolerance);
      expectRelative(found().noiseMagnitude, expected.align.beta, tolerance);
      expectRelative(found().uncentredAlignmentFactor, expected.align_uncentered.mu, tolerance);
      expectRelative(found().uncentredDirectionAlignment, expected.align_uncentered.alpha, tolerance);
      expectRelative(found().uncentredNoiseMagnitude, expected.align_uncentered.beta, tolerance);
    });
  });

  it("has the exact mean-square thresholds of the minimum for every batch size", () => {
    const {
      mean_square_stability: expected,
      G_rank_1e10: rank,
      batch_sharpness_B1_exact: sharpness,
    } = exactly("tiny_interp");
    const system = tinyCnnSystem("tiny_interp");
    const minimum = prepareMinimum(system);
    expect(minimum.rank).toBe(rank);
    const largest = repetitions(1, Infinity);
    for (const [key, { eta_star }] of Object.entries(expected)) {
      const [batch, mode] = key.split("_");
      if (Number(batch) > largest) continue;
      const sampling = mode === "replace" ? "with-replacement" : "without-replacement";
      const found = exactThreshold(minimum, { batchSize: Number(batch), sampling });
      expect(found.converged).toBe(true);
      expectRelative(found.criticalLearningRate, eta_star, 1e-9);
    }
    expectRelative(batchSharpness(system), sharpness, 1e-5);
  });
});

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
