import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { sampledBatchSharpness, sampledUpdateSharpness } from "../../src/noise-scale.js";
import {
  allBatches,
  batchGradient,
  randomProblem,
  scatter,
  squaredNorm,
  type Problem,
} from "../noise-strength/problems.js";

/** ĝᵀĤĝ and ‖ĝ‖² of a linear model on a batch: Ĥ = Σ wᵢ Jᵢᵀ Jᵢ. */
function alongGradient({ jacobian, gradients, parameters }: Problem, weights: Float64Array): [number, number] {
  const gradient = batchGradient(gradients, weights);
  let curvature = 0;
  for (let i = 0; i < weights.length; i++) {
    let slope = 0;
    for (let a = 0; a < parameters; a++) slope += jacobian[i * parameters + a]! * gradient[a]!;
    curvature += weights[i]! * slope ** 2;
  }
  return [curvature, squaredNorm(gradient)];
}

/** What every batch of this size says. */
function everyBatch(problem: Problem, size: number): { curvatures: number[]; slopes: number[] } {
  const n = problem.system.examples;
  const pairs = allBatches(n, size, "without-replacement").map(({ weights }) => alongGradient(problem, weights));
  return { curvatures: pairs.map(([curvature]) => curvature), slopes: pairs.map(([, slope]) => slope) };
}

describe("the batch sharpness of drawn batches", () => {
  it("is Tr G over all batches of one example of one output", () => {
    const problem = randomProblem(1, 1, { examples: 6, parameters: 4 });
    const { gram, examples } = problem.system;
    let trace = 0;
    for (let i = 0; i < examples; i++) trace += gram[i * (examples + 1)]! / examples;
    const found = sampledBatchSharpness(everyBatch(problem, 1), { complete: true });
    expect(found.value / trace).toBeCloseTo(1, 12);
    expect(found.standardError).toBe(0);
  });

  it("is gᵀGg/‖g‖² of gradient descent, from the one batch there is", () => {
    const problem = randomProblem(2, 1, { examples: 5, parameters: 3 });
    const [curvature, slope] = alongGradient(problem, new Float64Array(5).fill(1 / 5));
    const { value } = sampledBatchSharpness({ curvatures: [curvature], slopes: [slope] }, { complete: true });
    expect(value).toBe(curvature / slope);
  });

  it("is the expectation over all batches within honest standard errors", () => {
    const problem = randomProblem(3, 1, { examples: 7, parameters: 5 });
    const all = everyBatch(problem, 3);
    const exact = sampledBatchSharpness(all, { complete: true }).value;
    const random = seededRandom(4);
    const runs = Array.from({ length: 400 }, () => {
      const drawn = Array.from({ length: 12 }, () => Math.floor(random() * all.slopes.length));
      return sampledBatchSharpness({
        curvatures: drawn.map((k) => all.curvatures[k]!),
        slopes: drawn.map((k) => all.slopes[k]!),
      });
    });
    const { bias, honesty } = scatter(runs, exact);
    expect(bias).toBeLessThan(4);
    expect(Math.abs(honesty - 1)).toBeLessThan(0.15);
  });

  it("leaves out batches without a gradient, and says where it knows no spread", () => {
    expect(sampledBatchSharpness({ curvatures: [6, 0, 4], slopes: [2, 0, 1] })).toMatchObject({ value: 3.5 });
    expect(sampledBatchSharpness({ curvatures: [6, 0], slopes: [2, 0] })).toMatchObject({
      value: 3,
      standardError: Infinity,
    });
    expect(sampledBatchSharpness({ curvatures: [0, 0], slopes: [0, 0] })).toMatchObject({ value: 0, standardError: 0 });
  });

  it("refuses a negative square, one batch of several, and curvatures without slopes", () => {
    expect(() => sampledBatchSharpness({ curvatures: [1, 1], slopes: [1, -1] })).toThrow(
      "sampledBatchSharpness: expected slopes of at least 0, got -1.",
    );
    expect(() => sampledBatchSharpness({ curvatures: [1], slopes: [1] })).toThrow(
      "sampledBatchSharpness: expected the number of slopes to be an integer of at least 2, got 1.",
    );
    expect(() => sampledUpdateSharpness({ curvatures: [1], slopes: [1, 2] })).toThrow(
      "sampledUpdateSharpness: expected curvatures, one for each slope, 2 numbers, got 1.",
    );
  });
});

describe("the sharpness along steps with momentum", () => {
  it("is E[uᵀĤu]/E[u·ĝ]: 2 over the learning rate where the loss of a batch no longer falls on average", () => {
    const problem = randomProblem(5, 1, { examples: 6, parameters: 4 });
    const [momentum, velocity] = [0.9, [0.3, -0.2, 0.5, 0.1]];
    const { jacobian, gradients, parameters, system } = problem;
    const batches = allBatches(6, 2, "without-replacement").map(({ weights }) => {
      const gradient = batchGradient(gradients, weights);
      const step = gradient.map((value, a) => momentum * velocity[a]! + value);
      const slope = step.reduce((sum, value, a) => sum + value * gradient[a]!, 0);
      /** The change of the loss of the batch, example by example. */
      const change = (learningRate: number): number => {
        let sum = 0;
        for (let i = 0; i < 6; i++) {
          const r = system.residuals[i]!;
          const moved =
            r - learningRate * step.reduce((all, value, a) => all + jacobian[i * parameters + a]! * value, 0);
          sum += (weights[i]! * (moved ** 2 - r ** 2)) / 2;
        }
        return sum;
      };
      return { change, slope, curvature: 2 * (change(1) + slope) };
    });
    const { value } = sampledUpdateSharpness(
      { curvatures: batches.map(({ curvature }) => curvature), slopes: batches.map(({ slope }) => slope) },
      { complete: true },
    )!;
    const mean = (learningRate: number): number => batches.reduce((sum, { change }) => sum + change(learningRate), 0);
    expect(value).toBeGreaterThan(0);
    expect(mean((0.999 * 2) / value)).toBeLessThan(0);
    expect(mean((1.001 * 2) / value)).toBeGreaterThan(0);
  });

  it("is undefined where steps do not go down", () => {
    expect(sampledUpdateSharpness({ curvatures: [1, 2], slopes: [-1, 0.5] })).toBeUndefined();
  });
});
