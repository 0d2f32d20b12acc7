import { describe, expect, it } from "vitest";
import { exactThreshold, expectedLoss, oneStepLoss, secondMomentStep, type Sampling } from "../src/index.js";
import { allBatches, lossOf, randomProblem, realizable, seededRandom, stepResiduals } from "./support/problems.js";

const modes: Sampling[] = ["with-replacement", "without-replacement", "bernoulli"];

describe.each(modes)("against all minibatches, %s", (sampling) => {
  const cases = [1, 1, 1, 1, 1, 1, 2, 3].map((outputs, seed) => {
    const random = seededRandom(100 + seed);
    const found = randomProblem(random, seed, { examples: 5, parameters: 6, outputs });
    const batchSize = 1 + Math.floor(random() * found.system.examples);
    return { found, random, batchSize };
  });

  it("gives the expected loss after one step", () => {
    for (const { found, batchSize } of cases) {
      const { system } = found;
      let expected = 0;
      for (const { weights, probability } of allBatches(system.examples, batchSize, sampling))
        expected += probability * lossOf(stepResiduals(system, system.residuals, weights, 0.1), system.examples);
      const { expectedLoss: one } = oneStepLoss(system, 0.1, { batchSize, sampling });
      expect(one / expected).toBeCloseTo(1, 12);
    }
  });

  it("gives the second moment of the residuals after one step", () => {
    for (const { found, batchSize } of cases) {
      const { system } = found;
      const size = system.residuals.length;
      const outer = (r: Float64Array): Float64Array =>
        Float64Array.from({ length: size * size }, (_, k) => r[Math.floor(k / size)]! * r[k % size]!);
      const expected = new Float64Array(size * size);
      for (const { weights, probability } of allBatches(system.examples, batchSize, sampling))
        outer(stepResiduals(system, system.residuals, weights, 0.1)).forEach(
          (value, k) => (expected[k]! += probability * value),
        );
      const next = secondMomentStep(system, outer(system.residuals), 0.1, { batchSize, sampling });
      const scale = Math.max(...expected.map(Math.abs));
      next.forEach((value, k) => expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-13 * scale));
    }
  });

  it.each(["realizable", "any"])("gives the expected loss after three steps from %s residuals", (kind) => {
    for (const { found, random, batchSize } of cases) {
      if (found.system.examples > 4) continue;
      const system = kind === "realizable" ? realizable(found, random) : found.system;
      const eta = 0.7 * exactThreshold(system, { batchSize, sampling }).criticalLearningRate;
      const batches = allBatches(system.examples, batchSize, sampling);
      const mean = (residuals: Float64Array, steps: number): number =>
        steps === 0
          ? lossOf(residuals, system.examples)
          : batches.reduce(
              (sum, { weights, probability }) =>
                sum + probability * mean(stepResiduals(system, residuals, weights, eta), steps - 1),
              0,
            );
      const { losses } = expectedLoss(system, { batchSize, sampling, learningRate: eta, steps: 3 });
      [0, 1, 2, 3].forEach((t) => expect(losses[t]! / mean(system.residuals, t)).toBeCloseTo(1, 10));
    }
  });
});

it("the recursions of parameters and of residuals agree for many steps", () => {
  const random = seededRandom(77);
  const { system } = randomProblem(random, 1, { examples: 8, parameters: 5 });
  const options = { batchSize: 2, sampling: "without-replacement" as const };
  const learningRate = 1.2 * exactThreshold(system, options).criticalLearningRate;
  const size = system.residuals.length;
  let moment = Float64Array.from(
    { length: size * size },
    (_, k) => system.residuals[Math.floor(k / size)]! * system.residuals[k % size]!,
  );
  const { losses } = expectedLoss(system, { ...options, learningRate, steps: 40 });
  for (let t = 0; t <= 40; t++) {
    let trace = 0;
    for (let a = 0; a < size; a++) trace += moment[a * size + a]!;
    expect(losses[t]! / (trace / (2 * system.examples))).toBeCloseTo(1, 9);
    moment = Float64Array.from(secondMomentStep(system, moment, learningRate, options));
  }
});
