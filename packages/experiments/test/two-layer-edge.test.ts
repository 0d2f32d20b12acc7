import { leastSquares, reluTeacher, twoLayerRelu, uniformOnSphere } from "@sgdscope/models-rfm";
import { noiseStructure } from "@sgdscope/noise-structure";
import { seededRandom } from "@sgdscope/random";
import { train, vectorTrainee } from "@sgdscope/sgd";
import { exactThreshold, prepareMinimum } from "@sgdscope/stability-criterion";
import { describe, expect, it } from "vitest";
import { repetitions } from "../../../tooling/soak.js";

/** n = 40 inputs on a sphere in 20 dimensions, a teacher of three neurons, a student of 120, clip 20. */
async function minimumFoundBy(batchSize: number, learningRate: number, seed: number) {
  const [examples, inputs, width] = [40, 20, 120];
  const random = seededRandom(seed);
  const X = uniformOnSphere(examples, inputs, random.stream("inputs"));
  const y = reluTeacher(inputs, random.stream("teacher"))(X);
  const model = twoLayerRelu({ inputs, width });
  const trainee = vectorTrainee({ ...leastSquares(model, X, y), parameters: model.init(random.stream("student")) });
  const result = await train(trainee, {
    learningRate,
    batchSize,
    random: random.stream("batches"),
    clipNorm: 20,
    maxSteps: 60_000,
    stop: { lossBelow: 1e-8, checks: 5, every: 200 },
  });
  return { result, system: model.gramSystem(trainee.parameters, X, y) };
}

describe("two-layer ReLU networks with large initialisation and clipping, η = 0.02", () => {
  // Single paths scatter about the mean-square edge (almost sure stability ends later), so the median of seeds is judged.
  it.each([1, 8, 2, 4, 16, 32, 40].slice(0, repetitions(2, 7)))(
    "B = %i stops at the exact mean-square edge: median η/η* in [0.85, 1.1]",
    async (batchSize) => {
      const ratios: number[] = [];
      for (const seed of [1, 2, 3, 4, 5]) {
        const { result, system } = await minimumFoundBy(batchSize, 0.02, seed);
        expect(result.reason).toBe("interpolated");
        ratios.push(0.02 / exactThreshold(prepareMinimum(system), { batchSize }).criticalLearningRate);
        const { frobeniusG, largestEigenvalue } = noiseStructure(system);
        expect((0.02 * largestEigenvalue) / 2).toBeLessThan(1.05); // gradient descent's own limit
        if (batchSize === 1) expect(0.02 * frobeniusG).toBeLessThan(1); // ‖G‖_F ≤ √(B/μ)/η with μ about 1
      }
      const median = ratios.sort((a, b) => a - b)[2]!;
      expect(median).toBeGreaterThan(0.85);
      expect(median).toBeLessThan(1.1);
    },
  );
});
