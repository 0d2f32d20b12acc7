import { describe, expect, it } from "vitest";
import { exactThreshold, expectedLoss, prepareMinimum, type Sampling } from "../src/index.js";
import { stationaryCovariance } from "../src/stationary.js";
import { problem, randomProblem, realizable, seededRandom } from "./support/problems.js";

const modes: Sampling[] = ["with-replacement", "without-replacement", "bernoulli"];

describe("the stationary covariance of a minimum that does not interpolate", () => {
  it.each(modes)("is the limit of the exact recursion, %s", (sampling) => {
    for (const outputs of [1, 2]) {
      const random = seededRandom(outputs);
      const jacobian = Array.from({ length: 6 * outputs * 3 }, () => random() - 0.5);
      const residuals = Array.from({ length: 6 * outputs }, () => random() - 0.5);
      const minimum = prepareMinimum(problem(jacobian, residuals, outputs).system);
      const learningRate = 0.6 * exactThreshold(minimum, { batchSize: 2, sampling }).criticalLearningRate;
      const found = stationaryCovariance(minimum, { batchSize: 2, sampling, learningRate });
      const { losses, floor } = expectedLoss(minimum, { batchSize: 2, sampling, learningRate, steps: 4000 });
      expect(floor).toBeGreaterThan(0);
      expect(found.excessLoss / (losses[4000]! - floor)).toBeCloseTo(1, 9);
      expect(found.residual).toBeLessThan(1e-11);
    }
  });

  it("is 0 where the model interpolates", () => {
    const random = seededRandom(9);
    const system = realizable(randomProblem(random, 0), random);
    const { criticalLearningRate } = exactThreshold(system, { batchSize: 1 });
    const { squaredDistance } = stationaryCovariance(system, {
      batchSize: 1,
      learningRate: 0.5 * criticalLearningRate,
    });
    expect(squaredDistance).toBe(0);
  });

  it("does not exist at or above the threshold", () => {
    const { system } = problem([1, 2], [1, 1]);
    expect(() => stationaryCovariance(system, { batchSize: 1, learningRate: 1 })).toThrow(/below the threshold/);
  });
});
