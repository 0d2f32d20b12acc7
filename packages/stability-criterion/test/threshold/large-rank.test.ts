import { gramOfRows } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";
import type { GramSystem } from "@sgdscope/noise-structure";
import { describe, expect, it } from "vitest";
import { exactThreshold, prepareMinimum, samplingWeights, spectralRadius } from "../../src/index.js";
import { testMatrixBound } from "../../src/bounds.js";
import { collect, spread } from "../../src/minimum.js";
import { optimizerThreshold, type Optimizer } from "../../src/optimizers.js";
import { responseMatrix } from "../../src/optimizers/response.js";

/** Gaussian Jacobians whose k-th direction has the curvature `k^−exponent`. */
function powerLaw(examples: number, outputs: number, exponent: number): GramSystem {
  const size = examples * outputs;
  const jacobian = gaussian(size * size, seededRandom(7)).map(
    (value, k) => value * (1 + (k % size)) ** (-exponent / 2),
  );
  return { examples, outputs, gram: gramOfRows(jacobian, size, size), residuals: new Float64Array(size) };
}

describe.each([
  [300, 1, 0.8, 1],
  [300, 1, 1.6, 16],
  [30, 10, 0.8, 4],
])("a minimum of large rank, %d × %d, spectrum k^−%d, B = %d", (examples, outputs, exponent, batchSize) => {
  const minimum = prepareMinimum(powerLaw(examples, outputs, exponent));
  const threshold = exactThreshold(minimum, { batchSize });

  it("has a threshold that its mode sets, in double precision", () => {
    expect(minimum.rank).toBeGreaterThan(256);
    expect(threshold.converged).toBe(true);
    const bound = testMatrixBound(minimum, samplingWeights(examples, { batchSize }), threshold.mode);
    expect(bound / threshold.criticalLearningRate - 1).toBeGreaterThan(-1e-12);
    expect(bound / threshold.criticalLearningRate - 1).toBeLessThan(1e-11);
  });

  it("neither grows nor falls at it", () => {
    const growth = spectralRadius(minimum, threshold.criticalLearningRate, { batchSize });
    expect(growth.converged).toBe(true);
    expect(Math.abs(growth.spectralRadius - 1)).toBeLessThan(1e-11);
  });
});

describe("of two groups of examples", () => {
  const half = 180;
  const n = 2 * half;
  const first = powerLaw(half, 1, 0.5).gram;
  const second = powerLaw(half, 1, 1.4).gram;
  const batches = { batchSize: 2, sampling: "with-replacement" } as const;
  const system = (a: number, b: number): GramSystem => {
    const gram = new Float64Array(n * n);
    for (let i = 0; i < half; i++)
      for (let j = 0; j < half; j++) {
        gram[i * n + j] = a * first[i * half + j]!;
        gram[(half + i) * n + half + j] = b * second[i * half + j]!;
      }
    return { examples: n, outputs: 1, gram, residuals: new Float64Array(n) };
  };
  // Groups alone are below the rank from which roots are approached roughly.
  const alone = prepareMinimum(system(1, 0));
  const other = prepareMinimum(system(0, 1));
  const [critical, otherCritical] = [alone, other].map(
    (each) => exactThreshold(each, batches).criticalLearningRate,
  ) as [number, number];

  it.each([0.9, 0.999, 0.99999, 1.00001, 1.001, 1.1])("the more unstable one decides, thresholds at %d", (ratio) => {
    const scale = (ratio * otherCritical) / critical;
    const minimum = prepareMinimum(system(1, scale));
    const threshold = exactThreshold(minimum, batches);
    expect(threshold.criticalLearningRate / Math.min(critical, otherCritical / scale)).toBeCloseTo(1, 11);
    const eta = 1.05 * threshold.criticalLearningRate;
    const growth = spectralRadius(minimum, eta, { ...batches, guess: threshold.mode }).spectralRadius;
    const groups = [spectralRadius(alone, eta, batches), spectralRadius(other, eta * scale, batches)];
    expect(growth / Math.max(...groups.map((each) => each.spectralRadius))).toBeCloseTo(1, 11);
  });
});

it.each<[Optimizer, number]>([
  [{ kind: "nesterov", momentum: 0.9 }, 1],
  [{ kind: "nesterov", momentum: 0.5, weightDecay: 1e-4 }, 16],
  [{ kind: "heavy-ball", momentum: 0.9 }, 4],
])(
  "at the threshold of %o, B = %d, its mode comes back from a step as it was, in double precision",
  (optimizer, batchSize) => {
    const minimum = prepareMinimum(powerLaw(300, 1, 0.8));
    const threshold = optimizerThreshold(minimum, { batchSize, optimizer });
    expect(threshold.converged).toBe(true);
    const weights = samplingWeights(300, { batchSize });
    const response = responseMatrix(minimum, optimizer, threshold.criticalLearningRate, weights);
    const blocks = collect(minimum, threshold.mode);
    const noise = spread(minimum, blocks);
    const image = collect(
      minimum,
      noise.map((value, k) => (value * response[k]! * weights.noise) / 300),
    );
    const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
    expect(Math.abs(dot(image, blocks) / dot(blocks, blocks) - 1)).toBeLessThan(1e-11);
    expect(Math.max(...image.map((value, k) => Math.abs(value / blocks[k]! - 1)))).toBeLessThan(1e-5);
  },
);

it.each([0.3, 0.9, 1.01, 1.3, 4])("growth at %d η* is the same from a guess, in no more products", (multiple) => {
  const minimum = prepareMinimum(powerLaw(300, 1, 0.8));
  const batches = { batchSize: 4 };
  const { criticalLearningRate, mode } = exactThreshold(minimum, batches);
  const whole = spectralRadius(minimum, multiple * criticalLearningRate, batches);
  const guessed = spectralRadius(minimum, multiple * criticalLearningRate, { ...batches, guess: mode });
  expect(guessed.converged).toBe(true);
  expect(Math.abs(guessed.spectralRadius / whole.spectralRadius - 1)).toBeLessThan(1e-12);
  expect(guessed.products).toBeLessThanOrEqual(whole.products);
});

it("refuses a guess of another rank", () => {
  const minimum = prepareMinimum(powerLaw(20, 1, 0.8));
  expect(() => spectralRadius(minimum, 0.1, { batchSize: 4, guess: new Float64Array(4) })).toThrow(
    "options.guess of length 400, rank × rank, got 4",
  );
});
