import { describe, expect, it } from "vitest";
import { exactThreshold, prepareMinimum, samplingWeights, spectralRadius, type Sampling } from "../src/index.js";
import { denseRadius, denseThreshold } from "./support/kronecker.js";
import { repetitions } from "../../../tooling/soak.js";
import { problem, randomProblem, seededRandom } from "./support/problems.js";

const modes: Sampling[] = ["with-replacement", "without-replacement", "bernoulli"];

describe.each([
  [1, repetitions(20, 60)],
  [2, 20],
  [3, 10],
])("against dense Kronecker operators, %d outputs", (outputs, count) => {
  it("has the threshold, the spectral radius below, at and above it, and modes that are fixed points", () => {
    for (let seed = 0; seed < count; seed++) {
      const random = seededRandom(1000 * outputs + seed);
      const found = randomProblem(random, seed, { examples: 8, parameters: 6, outputs });
      const minimum = prepareMinimum(found.system);
      const sampling = modes[seed % 3]!;
      const batchSize = 1 + Math.floor(random() * found.system.examples);
      const weights = samplingWeights(minimum.examples, { batchSize, sampling });
      const { criticalLearningRate, converged } = exactThreshold(minimum, { batchSize, sampling });
      expect(converged).toBe(true);
      expect(criticalLearningRate / denseThreshold(found, weights)).toBeCloseTo(1, 10);
      for (const factor of [0.3, 0.9, 1, 1.1, 3]) {
        const eta = factor * criticalLearningRate;
        const growth = spectralRadius(minimum, eta, { batchSize, sampling });
        expect(growth.converged).toBe(true);
        expect(Math.abs(growth.spectralRadius - denseRadius(found, weights, eta))).toBeLessThan(
          1e-9 * Math.max(1, growth.spectralRadius),
        );
        expect(growth.growthRate).toBe(Math.log(growth.spectralRadius));
        expect(growth.exampleShares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      }
    }
  });
});

it("ignores directions that no example sees: rank-deficient Jacobians, zero and repeated examples", () => {
  const repeated = problem([1, 2, 0, 1, 2, 0, 0, 0, 0, 3, 1, 0], [1, 1, 1, 1]);
  const weights = samplingWeights(4, { batchSize: 2 });
  expect(prepareMinimum(repeated.system).rank).toBe(2);
  expect(exactThreshold(repeated.system, { batchSize: 2 }).criticalLearningRate).toBeCloseTo(
    denseThreshold(repeated, weights),
    11,
  );
});

it("reports a mode at the threshold that one step reproduces", () => {
  const { system } = randomProblem(seededRandom(4), 0, { examples: 7, parameters: 6 });
  const minimum = prepareMinimum(system);
  const { criticalLearningRate: eta, mode, exampleShares } = exactThreshold(minimum, { batchSize: 2 });
  const growth = spectralRadius(minimum, eta, { batchSize: 2 });
  mode.forEach((value, k) => expect(value).toBeCloseTo(growth.mode[k]!, 6));
  exampleShares.forEach((value, i) => expect(value).toBeCloseTo(growth.exampleShares[i]!, 6));
});
