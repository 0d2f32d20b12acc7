import { describe, expect, it } from "vitest";
import {
  escapeRateLowerBound,
  exactThreshold,
  expectedLoss,
  prepareMinimum,
  spectralRadius,
  stabilityBounds,
  type Sampling,
} from "../src/index.js";
import { randomProblem, realizable, seededRandom } from "./support/problems.js";

const modes: Sampling[] = ["with-replacement", "without-replacement", "bernoulli"];

describe.each(modes)("random problems, %s", (sampling) => {
  it("have no necessary bound below the exact threshold and no sufficient bound above", () => {
    for (let seed = 0; seed < 80; seed++) {
      const random = seededRandom(seed);
      const outputs = seed % 5 === 4 ? 1 + Math.floor(random() * 3) : 1;
      const { system } = randomProblem(random, seed, { examples: 10, parameters: 12, outputs });
      const minimum = prepareMinimum(system);
      for (const batchSize of new Set([1, 2, Math.max(1, Math.floor(system.examples / 2)), system.examples])) {
        const { criticalLearningRate: exact } = exactThreshold(minimum, { batchSize, sampling });
        for (const bound of stabilityBounds(minimum, { batchSize, sampling })) {
          const label = `${bound.name}, seed ${seed}, B ${batchSize}`;
          if (bound.kind === "necessary") expect(bound.criticalLearningRate, label).toBeGreaterThan(exact * (1 - 1e-9));
          if (bound.kind === "sufficient") expect(bound.criticalLearningRate, label).toBeLessThan(exact * (1 + 1e-9));
          if (bound.curvature !== undefined)
            expect(bound.curvature.limitTimesLearningRate / bound.curvature.value).toBe(bound.criticalLearningRate);
        }
      }
    }
  });

  it("have a threshold that does not fall with the batch size", () => {
    for (let seed = 0; seed < 40; seed++) {
      const { system } = randomProblem(seededRandom(200 + seed), seed);
      const minimum = prepareMinimum(system);
      let before = 0;
      for (let batchSize = 1; batchSize <= system.examples; batchSize++) {
        const { criticalLearningRate } = exactThreshold(minimum, { batchSize, sampling });
        expect(criticalLearningRate).toBeGreaterThan(before * (1 - 1e-10));
        before = criticalLearningRate;
      }
    }
  });

  it("have expected losses above γᵗL₀", () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = seededRandom(400 + seed);
      const found = randomProblem(random, seed, { examples: 6, parameters: 8 });
      const system = realizable(found, random);
      const minimum = prepareMinimum(system);
      const batchSize = 1 + (seed % 2);
      const { criticalLearningRate } = exactThreshold(minimum, { batchSize, sampling });
      const learningRate = criticalLearningRate * (1 + 8 * random());
      const gamma = escapeRateLowerBound(minimum, learningRate, { batchSize, sampling });
      const { losses } = expectedLoss(minimum, { batchSize, sampling, learningRate, steps: 12 });
      losses.forEach((loss, t) => expect(loss).toBeGreaterThanOrEqual(gamma ** t * losses[0]! * (1 - 1e-9)));
    }
  });

  it("grow in the long run by the spectral radius per step", () => {
    for (let seed = 0; seed < 10; seed++) {
      const random = seededRandom(500 + seed);
      const system = realizable(randomProblem(random, 0, { examples: 6, parameters: 4 }), random);
      const minimum = prepareMinimum(system);
      const learningRate = 1.5 * exactThreshold(minimum, { batchSize: 1, sampling }).criticalLearningRate;
      const { spectralRadius: rho } = spectralRadius(minimum, learningRate, { batchSize: 1, sampling });
      const { losses } = expectedLoss(minimum, { batchSize: 1, sampling, learningRate, steps: 300 });
      expect(Math.log(losses[300]! / losses[200]!) / 100).toBeCloseTo(Math.log(rho), 6);
    }
  });
});

describe("invariances", () => {
  it("thresholds and bounds scale with c⁻² under J → cJ and ignore rotations of the parameters", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { system } = randomProblem(seededRandom(600 + seed), seed);
      const scaled = { ...system, gram: system.gram.map((value) => 49 * value) };
      const [one, other] = [system, scaled].map((each) => prepareMinimum(each)) as [
        ReturnType<typeof prepareMinimum>,
        ReturnType<typeof prepareMinimum>,
      ];
      const before = exactThreshold(one, { batchSize: 2 }).criticalLearningRate;
      expect((49 * exactThreshold(other, { batchSize: 2 }).criticalLearningRate) / before).toBeCloseTo(1, 9);
      const bounds = stabilityBounds(one, { batchSize: 2 });
      stabilityBounds(other, { batchSize: 2 }).forEach((bound, k) => {
        if (Number.isFinite(bounds[k]!.criticalLearningRate) && bounds[k]!.criticalLearningRate < 1e4 * before)
          expect((49 * bound.criticalLearningRate) / bounds[k]!.criticalLearningRate, bound.name).toBeCloseTo(1, 6);
      });
    }
  });

  it("ρ(Q) is 1 at the threshold, below it under and above it over", () => {
    for (let seed = 0; seed < 40; seed++) {
      const { system } = randomProblem(seededRandom(700 + seed), seed);
      const minimum = prepareMinimum(system);
      const { criticalLearningRate: eta } = exactThreshold(minimum, { batchSize: 1 });
      const rho = (factor: number): number => spectralRadius(minimum, factor * eta, { batchSize: 1 }).spectralRadius;
      expect(rho(1)).toBeCloseTo(1, 10);
      expect(rho(0.9)).toBeLessThan(1);
      expect(rho(1.1)).toBeGreaterThan(1);
    }
  });
});
