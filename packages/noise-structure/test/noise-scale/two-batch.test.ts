import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import type { Sampling } from "../../src/index.js";
import { twoBatchNoiseScale, workerNoiseScale } from "../../src/noise-scale.js";
import { allBatches, batchGradient, randomProblem, scatter, squaredNorm } from "../noise-strength/problems.js";
import { noiseCovariance } from "../../src/index.js";

/** The exact expectation of `‖ĝ‖²` over all batches. */
function expectedNorm(gradients: Float64Array, n: number, size: number, sampling: Sampling): number {
  return allBatches(n, size, sampling).reduce(
    (sum, { weights, probability }) => sum + probability * squaredNorm(batchGradient(gradients, weights)),
    0,
  );
}

describe("the two-batch noise scale", () => {
  describe.each(["with-replacement", "without-replacement", "bernoulli"] satisfies Sampling[])("%s", (sampling) => {
    it.each([
      [1, 3],
      [2, 5],
      [1, 2],
    ])("is unbiased over all batches of %d and %d", (smallBatch, largeBatch) => {
      const n = 5;
      const { gradients, parameters: p } = randomProblem(largeBatch, 1, { examples: n, parameters: 4 });
      const { centred, gradient } = noiseCovariance(gradients, { examples: n, batchSize: 1 });
      const trace = centred.reduce((sum, value, o) => (o % (p + 1) === 0 ? sum + value : sum), 0);
      // Estimates of gradient and noise are linear in the norms, so expectations of norms give expectations of estimates.
      const small = expectedNorm(gradients, n, smallBatch, sampling);
      const large = expectedNorm(gradients, n, largeBatch, sampling);
      const found = twoBatchNoiseScale(
        { smallBatch, largeBatch, smallSquaredNorms: [small, small], largeSquaredNorms: [large, large] },
        { sampling, examples: n },
      );
      expect(found.squaredGradient.value).toBeCloseTo(squaredNorm(gradient), 11);
      expect(found.traceNoise.value).toBeCloseTo(trace, 11);
      expect(found.noiseScale!.value).toBeCloseTo(trace / squaredNorm(gradient), 9);
      expect(found.squaredGradient.standardError).toBeCloseTo(0, 11);
    });
  });

  it("has the weights of its closed form with replacement", () => {
    const [smallBatch, largeBatch, s, l] = [4, 32, 5.5, 2.25];
    const found = twoBatchNoiseScale({ smallBatch, largeBatch, smallSquaredNorms: [s, s], largeSquaredNorms: [l, l] });
    expect(found.squaredGradient.value).toBeCloseTo((32 * l - 4 * s) / 28, 13);
    expect(found.traceNoise.value).toBeCloseTo((s - l) / (1 / 4 - 1 / 32), 13);
  });

  it("is unbiased with honest standard errors for Gaussian gradients, also when the small batch is part of the large", () => {
    const random = seededRandom(3);
    const mean = [1, -0.5, 0.25];
    const draw = (): Float64Array => gaussian(3, random).map((z, a) => mean[a]! + (a + 1) * z);
    const runs = Array.from({ length: 200 }, () => {
      const smallSquaredNorms: number[] = [];
      const largeSquaredNorms: number[] = [];
      for (let k = 0; k < 400; k++) {
        const sum = new Float64Array(3);
        for (let i = 0; i < 32; i++) {
          draw().forEach((value, a) => (sum[a]! += value));
          if (i === 3) smallSquaredNorms.push(squaredNorm(sum) / 4 ** 2);
        }
        largeSquaredNorms.push(squaredNorm(sum) / 32 ** 2);
      }
      return twoBatchNoiseScale({ smallBatch: 4, largeBatch: 32, smallSquaredNorms, largeSquaredNorms });
    });
    for (const [values, exact] of [
      [runs.map((run) => run.squaredGradient), 1.3125],
      [runs.map((run) => run.traceNoise), 14],
    ] as const) {
      const { bias, honesty } = scatter(values, exact);
      expect(bias).toBeLessThan(4);
      expect(Math.abs(honesty - 1)).toBeLessThan(4 / Math.sqrt(2 * 199));
    }
    const { honesty } = scatter(
      runs.map((run) => run.noiseScale!),
      14 / 1.3125,
    );
    expect(Math.abs(honesty - 1)).toBeLessThan(4 / Math.sqrt(2 * 199));
    const ratio = runs.reduce((sum, run) => sum + run.noiseScale!.value / runs.length, 0);
    expect(Math.abs(ratio - 14 / 1.3125)).toBeLessThan(0.02 * (14 / 1.3125));
  });

  it("has no noise scale where the gradient drowns in noise", () => {
    const found = twoBatchNoiseScale({
      smallBatch: 1,
      largeBatch: 2,
      smallSquaredNorms: [4, 5],
      largeSquaredNorms: [1, 2],
    });
    expect(found.squaredGradient.value).toBeLessThan(0);
    expect(found.noiseScale).toBeUndefined();
  });

  it("refuses one repetition, batches in the wrong order, unpaired norms, and batches of an epoch", () => {
    const norms = { smallBatch: 1, largeBatch: 2, smallSquaredNorms: [4, 5], largeSquaredNorms: [1, 2] };
    expect(() => twoBatchNoiseScale({ ...norms, smallSquaredNorms: [4], largeSquaredNorms: [1] })).toThrow(
      /repetitions/,
    );
    expect(() => twoBatchNoiseScale({ ...norms, largeBatch: 1 })).toThrow(/below largeBatch/);
    expect(() => twoBatchNoiseScale({ ...norms, largeSquaredNorms: [1] })).toThrow(/one for each small one/);
    expect(() => twoBatchNoiseScale(norms, { sampling: "without-replacement" })).toThrow(/examples/);
    expect(() => twoBatchNoiseScale(norms, { sampling: "epoch-shuffle", examples: 9 })).toThrow(/anti-correlated/);
  });
});

describe("the noise scale from workers", () => {
  it("is b(r − 1)/(1 − r/K): 123 for the ratio that 123 makes", () => {
    const [workers, batchSize, scale, squared] = [8, 16, 123, 2];
    const mean = squared + (squared * scale) / batchSize;
    const averaged = squared + (squared * scale) / (batchSize * workers);
    const found = workerNoiseScale({
      workers,
      batchSize,
      meanSquaredNorms: [mean, mean],
      averagedSquaredNorms: [averaged, averaged],
    });
    expect(found.noiseScale!.value).toBeCloseTo(123, 10);
    expect(found.ratio).toBeCloseTo(mean / averaged, 14);
    expect((batchSize * (found.ratio - 1)) / (1 - found.ratio / workers)).toBeCloseTo(123, 10);
    expect(found.squaredGradient.value).toBeCloseTo(2, 12);
    expect(found.traceNoise.value).toBeCloseTo(246, 10);
  });

  it("is unbiased over all pairs of workers with replacement, and over all splits without", () => {
    const n = 4;
    const { gradients, parameters: p } = randomProblem(9, 1, { examples: n, parameters: 3 });
    const { centred, gradient } = noiseCovariance(gradients, { examples: n, batchSize: 1 });
    const trace = centred.reduce((sum, value, o) => (o % (p + 1) === 0 ? sum + value : sum), 0);
    for (const sampling of ["with-replacement", "without-replacement"] as const) {
      let mean = 0;
      let averaged = 0;
      let pairs = 0;
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          if (sampling === "without-replacement" && i === j) continue;
          const first = gradients.subarray(i * p, (i + 1) * p);
          const second = gradients.subarray(j * p, (j + 1) * p);
          mean += (squaredNorm(first) + squaredNorm(second)) / 2;
          averaged += squaredNorm(first.map((value, a) => (value + second[a]!) / 2));
          pairs++;
        }
      const found = workerNoiseScale(
        {
          workers: 2,
          batchSize: 1,
          meanSquaredNorms: [mean / pairs, mean / pairs],
          averagedSquaredNorms: [averaged / pairs, averaged / pairs],
        },
        { sampling, examples: n },
      );
      expect(found.squaredGradient.value).toBeCloseTo(squaredNorm(gradient), 12);
      expect(found.traceNoise.value).toBeCloseTo(trace, 12);
    }
  });

  it("refuses a single worker, no gradient at all, and Bernoulli batches", () => {
    const norms = { workers: 2, batchSize: 1, meanSquaredNorms: [2, 2], averagedSquaredNorms: [1, 1] };
    expect(() => workerNoiseScale({ ...norms, workers: 1 })).toThrow(/workers/);
    expect(() => workerNoiseScale({ ...norms, averagedSquaredNorms: [0, 0] })).toThrow(/averaged gradients are 0/);
    expect(() => workerNoiseScale(norms, { sampling: "bernoulli", examples: 9 })).toThrow(/fixed size/);
  });
});
