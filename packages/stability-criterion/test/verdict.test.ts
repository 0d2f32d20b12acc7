import { describe, expect, it } from "vitest";
import {
  exactThreshold,
  expectedLoss,
  kernelNorm,
  prepareMinimum,
  samplingFactor,
  secondMomentStep,
  spectralRadius,
  stabilityVerdict,
  StabilityError,
  structuredNoiseThreshold,
  type Sampling,
} from "../src/index.js";
import { gramProblem, problem } from "./support/problems.js";

const { system } = problem([1, 0, 1, 0, 2, 0, 1, 1, 0], [1, -1, 2]);

describe("the verdict", () => {
  it.each([
    [0.3, "stable"],
    [0.8, "unstable"],
  ] as const)("at η = %d is %s", (learningRate, verdict) => {
    const found = stabilityVerdict(system, { learningRate, batchSize: 1 });
    expect(found.verdict).toBe(verdict);
    expect(found.ratio).toBeCloseTo(learningRate / 0.572340172017, 10);
    expect(found.growthPerStep > 1).toBe(verdict === "unstable");
    expect(found.bounds[0]).toMatchObject({ name: "exact mean-square threshold", kind: "exact" });
    expect(found.bounds[0]!.satisfied).toBe(verdict === "stable");
  });

  it("is marginal at the threshold itself", () => {
    const { criticalLearningRate: learningRate } = exactThreshold(system, { batchSize: 2 });
    expect(stabilityVerdict(system, { learningRate, batchSize: 2 }).verdict).toBe("marginal");
  });

  it("compares ‖G‖_F with √(B/μ)/η", () => {
    const found = stabilityVerdict(system, { learningRate: 0.3, batchSize: 2, sampling: "with-replacement" });
    expect(found.frobeniusG).toBeCloseTo(1.943650631615, 11);
    expect(found.alignmentFactor).toBeCloseTo(79 / 102, 12);
    expect(found.frobeniusLimit).toBeCloseTo(Math.sqrt((2 * 102) / 79) / 0.3, 10);
    expect(found.worstCaseAlignmentFactor).toBeCloseTo(0.196777476639, 11);
    expect(found.escapeRateLowerBound).toBeCloseTo(0.09 * 0.5 * 0.196777476639 * 1.943650631615 ** 2, 11);
    const measured = found.bounds.find(({ name }) => name === "alignment, measured")!;
    expect(measured.limit).toBeCloseTo(found.frobeniusLimit!, 10);
  });

  it("leaves out the measured alignment where the loss is zero", () => {
    const minimum = { ...system, residuals: new Float64Array(3) };
    const found = stabilityVerdict(minimum, { learningRate: 0.3, batchSize: 1 });
    expect(found.alignmentFactor).toBeUndefined();
    expect(found.frobeniusLimit).toBeUndefined();
    expect(found.bounds.some(({ name }) => name === "alignment, measured")).toBe(false);
    expect(found.criticalLearningRate).toBeCloseTo(0.572340172017, 11);
  });

  it("uses one preparation for many learning rates and batch sizes", () => {
    const prepared = prepareMinimum(system);
    expect(prepareMinimum(prepared)).toBe(prepared);
    expect(prepared.alignmentRange()).toBe(prepared.alignmentRange());
    for (const batchSize of [1, 2, 3])
      expect(stabilityVerdict(prepared, { learningRate: 0.4, batchSize }).criticalLearningRate).toBe(
        stabilityVerdict(system, { learningRate: 0.4, batchSize }).criticalLearningRate,
      );
  });

  it("survives a structured clone", () => {
    const found = stabilityVerdict(system, { learningRate: 0.4, batchSize: 1 });
    expect(structuredClone(found)).toEqual(found);
  });
});

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
    [
      "EPOCH_SHUFFLE_HAS_NO_THEORY",
      () => stabilityVerdict(system, { learningRate: 1, batchSize: 1, sampling: "epoch-shuffle" }),
    ],
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
