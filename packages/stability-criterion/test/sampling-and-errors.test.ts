import { describe, expect, it } from "vitest";
import {
  exactThreshold,
  expectedLoss,
  kernelNorm,
  prepareMinimum,
  samplingFactor,
  secondMomentStep,
  spectralRadius,
  StabilityError,
  structuredNoiseThreshold,
  type Sampling,
} from "../src/index.js";
import { gramProblem, problem } from "./support/problems.js";

const { system } = problem([1, 0, 1, 0, 2, 0, 1, 1, 0], [1, -1, 2]);

describe("the sampling factor", () => {
  it.each<[Sampling, number, number]>([
    ["with-replacement", 4, 1 / 4],
    ["without-replacement", 4, 6 / (4 * 9)],
    ["without-replacement", 1, 1],
    ["without-replacement", 10, 0],
    ["bernoulli", 4, 1 / 4 - 1 / 10],
    ["bernoulli", 2.5, 1 / 2.5 - 1 / 10],
  ])("%s, B = %d of 10: %d", (sampling, batchSize, expected) =>
    expect(samplingFactor(10, batchSize, sampling)).toBeCloseTo(expected, 15),
  );

  it("of one example is 0 without replacement", () => expect(samplingFactor(1, 1, "without-replacement")).toBe(0));
});

describe("errors", () => {
  const code = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      if (error instanceof StabilityError) return `${error.name} ${error.code}`;
      throw error;
    }
    return "none";
  };

  it.each<[string, () => unknown]>([
    ["EPOCH_SHUFFLE_HAS_NO_THEORY", () => samplingFactor(4, 2, "epoch-shuffle")],
    ["EPOCH_SHUFFLE_HAS_NO_THEORY", () => exactThreshold(system, { batchSize: 1, sampling: "epoch-shuffle" })],
    ["BATCH_TOO_LARGE", () => samplingFactor(4, 5, "with-replacement")],
    ["BATCH_TOO_LARGE", () => exactThreshold(system, { batchSize: 4 })],
    ["BATCH_TOO_LARGE", () => kernelNorm(prepareMinimum(system), 0.1, 4)],
    ["INVALID_ARGUMENT", () => samplingFactor(4, 1.5, "with-replacement")],
    ["INVALID_ARGUMENT", () => samplingFactor(4, 0, "bernoulli")],
    ["INVALID_ARGUMENT", () => samplingFactor(0, 1, "bernoulli")],
    ["INVALID_ARGUMENT", () => samplingFactor(4, 1, "shuffle" as Sampling)],
    ["INVALID_ARGUMENT", () => spectralRadius(system, -1, { batchSize: 1 })],
    ["INVALID_ARGUMENT", () => spectralRadius(system, NaN, { batchSize: 1 })],
    ["INVALID_ARGUMENT", () => expectedLoss(system, { batchSize: 1, learningRate: 0.1, steps: 1.5 })],
    ["INVALID_ARGUMENT", () => structuredNoiseThreshold(Float64Array.of(1), 0.5, 2)],
    ["SHAPE_MISMATCH", () => secondMomentStep(system, new Float64Array(4), 0.1, { batchSize: 1 })],
    [
      "NO_CURVATURE",
      () =>
        prepareMinimum(
          gramProblem([
            [0, 0],
            [0, 0],
          ]),
        ),
    ],
  ])("%s", (expected, act) => expect(code(act)).toBe(`StabilityError ${expected}`));

  it("name the argument", () => {
    expect(() => samplingFactor(4, 5, "bernoulli")).toThrow(
      "samplingFactor: expected batchSize of at most the 4 examples, got 5.",
    );
  });

  it("divergence is a result", () => {
    const { losses } = expectedLoss(system, { batchSize: 1, learningRate: 50, steps: 200 });
    expect(losses[200]).toBe(Infinity);
    expect(losses.some(Number.isNaN)).toBe(false);
  });
});
