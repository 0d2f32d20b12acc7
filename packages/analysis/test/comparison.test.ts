import { thresholdComparison } from "@sgdscope/stability-criterion";
import { describe, expect, it } from "vitest";
import { compareThresholds, type Minimum, type Reached } from "../src/index.js";

const minimum: Minimum = {
  name: "three examples",
  loss: "square",
  precision: "float64",
  system: {
    examples: 3,
    outputs: 1,
    gram: Float64Array.of(2, 0, 1, 0, 4, 2, 1, 2, 2),
    residuals: Float64Array.of(1, -1, 2),
  },
};
const reached = (sampling: Reached["sampling"]): Reached => ({
  steps: 1,
  converged: true,
  optimizer: { kind: "sgd" },
  learningRate: 0.1,
  batchSize: 2,
  sampling,
});

describe("the comparison of thresholds", () => {
  it.each(["with-replacement", "without-replacement"] as const)("has the rows of the theory, %s", (sampling) => {
    const found = compareThresholds(minimum, { batchSizes: [1, 2, 3], sampling });
    expect(found).toMatchObject({
      minimum: { name: "three examples", examples: 3, outputs: 1, rank: 3 },
      sampling,
      marks: [],
    });
    const rows = thresholdComparison(minimum.system, { batchSizes: [1, 2, 3], sampling });
    found.rows.forEach((row, k) => {
      expect(row.batchSize).toBe(k + 1);
      for (const [key, value] of Object.entries(rows[k]!))
        expect(row[key as keyof typeof row], key).toBeCloseTo(value as number, 12);
    });
  });

  it("is for the batches of the training, and without replacement where those are not centred", () => {
    const trained = compareThresholds({ ...minimum, reached: reached("with-replacement") }, {});
    expect(trained.sampling).toBe("with-replacement");
    expect(trained.rows.map(({ batchSize }) => batchSize)).toEqual([2]);
    const bernoulli = { ...minimum, reached: reached("bernoulli") };
    expect(compareThresholds(bernoulli, {}).sampling).toBe("without-replacement");
    expect(compareThresholds(bernoulli, { sampling: "with-replacement" }).sampling).toBe("with-replacement");
  });

  it("is refused for Bernoulli batches that are asked for", () =>
    expect(() => compareThresholds(minimum, { sampling: "bernoulli" })).toThrow(
      expect.objectContaining({
        name: "AnalysisError",
        code: "INVALID_ARGUMENT",
        argument: "sampling",
        advice: "without-replacement is the nearest",
      }),
    ));

  it("says what people call a loss that is not square, and of the square one nothing", () => {
    expect(compareThresholds(minimum, {}).minimum).not.toHaveProperty("lossLabel");
    const lossAtPoint = { label: "softmax cross-entropy", loss: 1, naturalScale: 1, meanCurvature: 1, modelOutputs: 1 };
    const other: Minimum = { ...minimum, loss: "cross-entropy", lossAtPoint };
    expect(compareThresholds(other, {}).minimum.lossLabel).toBe("softmax cross-entropy");
  });

  it("is in the units of K, however large", () => {
    const scaled = { ...minimum, system: { ...minimum.system, gram: minimum.system.gram.map((k) => k * 2 ** 400) } };
    const { rows } = compareThresholds(scaled, { batchSizes: [1, 2] });
    const expected = compareThresholds(minimum, { batchSizes: [1, 2] }).rows;
    rows.forEach((row, k) => {
      expect(Object.keys(row)).toEqual(Object.keys(expected[k]!));
      expect(row.batchSize).toBe(k + 1);
      for (const [key, value] of Object.entries(row))
        if (key !== "batchSize")
          expect((value as number) * 2 ** 400, key).toBeCloseTo(expected[k]![key as keyof typeof row], 10);
    });
  });
});
