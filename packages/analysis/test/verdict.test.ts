import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { exactThreshold, prepareMinimum } from "@sgdscope/stability-criterion";
import { describe, expect, it } from "vitest";
import { AnalysisError, analyseSync, edgeRatioOf, edgesOf, stabilityVerdict, type Minimum } from "../src/index.js";

const system = gramSystemFromJacobian(Float64Array.of(1, 0, 1, 0, 2, 0, 1, 1, 0), Float64Array.of(1, -1, 2), {
  examples: 3,
  outputs: 1,
});

describe("the verdict", () => {
  it.each([
    [0.3, "stable"],
    [0.8, "unstable"],
  ] as const)("at η = %d is %s", (learningRate, verdict) => {
    const found = stabilityVerdict(system, { learningRate, batchSize: 1 });
    expect(found.verdict).toBe(verdict);
    expect(found.edgeRatio).toBeCloseTo(learningRate / 0.572340172017, 10);
    expect(found.spectralRadius > 1).toBe(verdict === "unstable");
    expect(found.bounds[0]).toMatchObject({ id: "exact", kind: "exact" });
    expect(found.bounds[0]!.satisfied).toBe(verdict === "stable");
  });

  it("is marginal at the threshold itself", () => {
    const { criticalLearningRate: learningRate } = exactThreshold(system, { batchSize: 2 });
    expect(stabilityVerdict(system, { learningRate, batchSize: 2 }).verdict).toBe("marginal");
  });

  it("is marginal within 1e-9 of the threshold, or within what is asked for, and no further", () => {
    const edge = exactThreshold(system, { batchSize: 2 }).criticalLearningRate;
    const at = (ratio: number, marginalTolerance?: number): string =>
      stabilityVerdict(system, {
        learningRate: ratio * edge,
        batchSize: 2,
        ...(marginalTolerance === undefined ? {} : { marginalTolerance }),
      }).verdict;
    expect([1 - 4e-9, 1 - 2e-10, 1 + 2e-10, 1 + 4e-9].map((ratio) => at(ratio))).toEqual([
      ...["stable", "marginal", "marginal", "unstable"],
    ]);
    expect([0.85, 0.95, 1.05, 1.15].map((ratio) => at(ratio, 0.1))).toEqual([
      ...["stable", "marginal", "marginal", "unstable"],
    ]);
  });

  it.each([1e-61, 1e61])("is refused at %d times the threshold, where second moments leave Float64", (ratio) => {
    expect(() => stabilityVerdict(system, { learningRate: ratio, batchSize: 1 })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", argument: "learningRate" }),
    );
    expect(stabilityVerdict(system, { learningRate: ratio ** (50 / 61), batchSize: 1 }).verdict).toBe(
      ratio < 1 ? "stable" : "unstable",
    );
  });

  it("compares ‖G‖_F with √(B/μ)/η", () => {
    const found = stabilityVerdict(system, { learningRate: 0.3, batchSize: 2, sampling: "with-replacement" });
    expect(found.frobeniusG).toBeCloseTo(1.943650631615, 11);
    expect(found.alignmentFactor).toBeCloseTo(79 / 102, 12);
    expect(found.frobeniusLimit).toBeCloseTo(Math.sqrt((2 * 102) / 79) / 0.3, 10);
    expect(found.worstCaseAlignmentFactor).toBeCloseTo(0.196777476639, 11);
    expect(found.escapeRateLowerBound).toBeCloseTo(0.09 * 0.5 * 0.196777476639 * 1.943650631615 ** 2, 11);
    const measured = found.bounds.find(({ id }) => id === "alignment-measured")!;
    expect(measured.limit).toBeCloseTo(found.frobeniusLimit!, 10);
  });

  it("leaves out the measured alignment where the loss is zero", () => {
    const minimum = { ...system, residuals: new Float64Array(3) };
    const found = stabilityVerdict(minimum, { learningRate: 0.3, batchSize: 1 });
    expect(found.alignmentFactor).toBeUndefined();
    expect(found.frobeniusLimit).toBeUndefined();
    expect(found.bounds.some(({ id }) => id === "alignment-measured")).toBe(false);
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

  it("is that of the analysis with the same sampling, optimizer and rank tolerance", () => {
    const rest = { sampling: "with-replacement", optimizer: { kind: "heavy-ball", momentum: 0.5 } } as const;
    const found = stabilityVerdict(system, { learningRate: 0.3, batchSize: 2, ...rest });
    const { conditions, noise } = analyseSync(
      { name: "m", system, loss: "square", precision: "float64" },
      { learningRate: 0.3, batchSizes: [2], ...rest },
    );
    const { verdict, bounds, threshold, ...condition } = conditions[0]!;
    expect(found).toEqual({
      ...condition,
      ...verdict,
      threshold,
      criticalLearningRate: threshold.criticalLearningRate,
      frobeniusG: noise.frobeniusG,
      spectralRadius: verdict!.growth.spectralRadius,
      bounds: bounds.map((bound, k) => ({ ...bound, ...verdict!.bounds[k]! })),
    });
    expect(found).toMatchObject(rest);
    expect(stabilityVerdict(system, { learningRate: 0.3, batchSize: 2 })).toMatchObject({
      sampling: "without-replacement",
      optimizer: { kind: "sgd" },
    });
  });

  it("counts eigenvalues as the rank tolerance says, by default as those of Float64", () => {
    // Residuals along a direction that only counts with the finer tolerance, of a curvature 1e-8 of the largest.
    const narrow = { examples: 2, outputs: 1, gram: Float64Array.of(2, 0, 0, 2e-8), residuals: Float64Array.of(0, 1) };
    const marksOf = (rankTolerance?: number): string[] =>
      stabilityVerdict(narrow, {
        learningRate: 0.3,
        batchSize: 1,
        ...(rankTolerance === undefined ? {} : { rankTolerance }),
      }).marks.map(({ id }) => id);
    expect(marksOf()).toEqual([]);
    expect(marksOf(1e-9)).toEqual([]);
    expect(marksOf(1e-6)).toEqual(["loss-floor"]);
  });

  it("survives a structured clone", () => {
    const found = stabilityVerdict(system, { learningRate: 0.4, batchSize: 1 });
    expect(structuredClone(found)).toEqual(found);
  });
});

it("refuses what no theorem covers, with a code and the name of the argument", () => {
  const problemOf = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      if (error instanceof AnalysisError) return `${error.code} ${error.argument}`;
      throw error;
    }
    return "none";
  };
  const rate = { learningRate: 1, batchSize: 1 };
  expect(problemOf(() => stabilityVerdict(system, { ...rate, sampling: "epoch-shuffle" }))).toBe(
    "EPOCH_SHUFFLE_HAS_NO_THEORY sampling",
  );
  expect(problemOf(() => stabilityVerdict(system, { ...rate, batchSize: 4 }))).toBe("BATCH_TOO_LARGE batchSizes");
  expect(problemOf(() => stabilityVerdict(system, { ...rate, batchSize: 1.5 }))).toBe("INVALID_ARGUMENT batchSizes");
  expect(problemOf(() => stabilityVerdict(system, { ...rate, learningRate: -1 }))).toBe(
    "INVALID_ARGUMENT learningRate",
  );
  expect(problemOf(() => stabilityVerdict(system, { ...rate, learningRate: NaN }))).toBe(
    "INVALID_ARGUMENT learningRate",
  );
});

describe("η/η* of one point", () => {
  const minimum: Minimum = { name: "m", system, loss: "square", precision: "float64" };

  it("is that of its training", () => {
    const reached = {
      steps: 1,
      converged: true,
      optimizer: { kind: "sgd" },
      learningRate: 0.3,
      batchSize: 2,
      sampling: "with-replacement",
    } as const;
    const edge = exactThreshold(system, { batchSize: 2, sampling: "with-replacement" }).criticalLearningRate;
    expect(edgeRatioOf({ ...minimum, reached })).toBeCloseTo(0.3 / edge, 12);
    const [condition] = analyseSync({ ...minimum, reached }).conditions;
    const { criticalLearningRate, meanEdge } = edgesOf({ ...minimum, reached });
    expect(criticalLearningRate).toBe(condition!.threshold.criticalLearningRate);
    expect(meanEdge).toBe(condition!.meanEdge);
  });

  it.each([400, -400])("are in the units of K, times 2^%i too", (exponent) => {
    const reached = {
      steps: 1,
      converged: true,
      optimizer: { kind: "heavy-ball", momentum: 0.5 },
      learningRate: 0.3,
      batchSize: 2,
      sampling: "with-replacement",
    } as const;
    const expected = edgesOf({ ...minimum, reached });
    const gram = system.gram.map((value) => value * 2 ** exponent);
    const found = edgesOf({
      ...minimum,
      system: { ...system, gram },
      reached: { ...reached, learningRate: 0.3 * 2 ** -exponent },
    });
    expect(found.criticalLearningRate * 2 ** exponent).toBeCloseTo(expected.criticalLearningRate, 10);
    expect(found.meanEdge * 2 ** exponent).toBeCloseTo(expected.meanEdge, 12);
    expect(found.edgeRatio).toBeCloseTo(expected.edgeRatio, 10);
  });

  it("is refused without a learning rate", () => expect(() => edgeRatioOf(minimum)).toThrow(RangeError));
});
