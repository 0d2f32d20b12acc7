import { describe, expect, it } from "vitest";
import { analyseSync, compareThresholds, phaseDiagram, type Minimum } from "../src/index.js";

/** Two examples of one parameter: residuals along (1, 2) are realizable, along (2, −1) they are a floor. */
const minimumWith = (residuals: [number, number], rest: Partial<Minimum> = {}): Minimum => ({
  name: "by hand",
  system: { gram: Float64Array.of(1, 2, 2, 4), residuals: Float64Array.from(residuals), examples: 2, outputs: 1 },
  loss: "square",
  precision: "float64",
  ...rest,
});
const marksOf = (minimum: Minimum): string[] =>
  analyseSync(minimum, { learningRate: 0.1 }).conditions[0]!.marks.map(({ id }) => id);

describe("the floor of the loss", () => {
  it("marks arrays whose residuals no step can bring to 0, and says nothing where there is none", () => {
    expect(marksOf(minimumWith([1, 2]))).toEqual([]);
    expect(marksOf(minimumWith([0, 0]))).toEqual([]);
    expect(marksOf(minimumWith([2, -1]))).toEqual(["loss-floor"]);
    expect(marksOf(minimumWith([1, 0]))).toEqual(["loss-floor"]);
    // Whatever their scale.
    for (const scale of [1e-4, 1e4]) {
      expect(marksOf(minimumWith([scale, 0]))).toEqual(["loss-floor"]);
      expect(marksOf(minimumWith([1.002 * scale, 1.999 * scale]))).toEqual([]);
    }
    // Below a thousandth of the loss it is what convergence has left.
    expect(marksOf(minimumWith([1.002, 1.999]))).toEqual([]);
  });

  it("is marked whoever looks: the record, the comparison and the diagram", async () => {
    for (const residuals of [
      [2, -1],
      [1, 2],
    ] as const) {
      const minimum = minimumWith([...residuals]);
      const expected = marksOf(minimum);
      expect(compareThresholds(minimum, {}).marks.map(({ id }) => id)).toEqual(expected);
      expect((await phaseDiagram(minimum, { batchSizes: [1] })).marks.map(({ id }) => id)).toEqual(expected);
    }
  });

  it("leaves trainings to what is known of them", () => {
    const reached = {
      steps: 9,
      converged: true,
      optimizer: { kind: "sgd" as const },
      learningRate: 0.1,
      batchSize: 1,
      sampling: "with-replacement" as const,
    };
    expect(marksOf(minimumWith([2, -1], { reached }))).toEqual([]);
  });
});
