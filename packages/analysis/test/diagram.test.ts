import type { GramSystem } from "@sgdscope/noise-structure";
import { exactThreshold, prepareMinimum, type Sampling } from "@sgdscope/stability-criterion";
import { describe, expect, it } from "vitest";
import { criticalCurves, diagramAxes, diagramCriteria, growthRates } from "../src/index.js";

/** Three examples whose thresholds are known in twelve digits. */
const system: GramSystem = {
  examples: 3,
  outputs: 1,
  gram: Float64Array.of(2, 0, 1, 0, 4, 2, 1, 2, 2),
  residuals: Float64Array.of(1, -1, 2),
};
const minimum = prepareMinimum(system);

describe("the axes of a diagram", () => {
  it("go by default from η*(1)/4 to 1.5·2/λ_max in 40 equal ratios, and over powers of two up to n, and n", () => {
    const { learningRates, batchSizes } = diagramAxes(minimum);
    expect(batchSizes).toEqual([1, 2, 3]);
    expect(learningRates).toHaveLength(40);
    expect(learningRates[0]).toBeCloseTo(0.572340172017 / 4, 11);
    expect(learningRates.at(-1)).toBe(3 / minimum.eigenvalues[0]!);
    const ratio = learningRates[1]! / learningRates[0]!;
    for (let k = 1; k < 40; k++) expect(learningRates[k]! / learningRates[k - 1]!).toBeCloseTo(ratio, 12);
  });

  it("are what was asked for, sorted and once each", () => {
    const axes = diagramAxes(minimum, {
      learningRates: { minimum: 0.1, maximum: 0.4, count: 3 },
      batchSizes: [3, 1, 3],
    });
    expect(axes.batchSizes).toEqual([1, 3]);
    expect(axes.learningRates.map((rate) => Number(rate.toPrecision(12)))).toEqual([0.1, 0.2, 0.4]);
    expect(diagramAxes(minimum, { learningRates: { minimum: 1, maximum: 2, count: 1 } }).learningRates).toEqual([1]);
    expect(diagramAxes(minimum, { learningRates: { minimum: 1, maximum: 1, count: 2 } }).learningRates).toEqual([1, 1]);
  });

  it("begin at the threshold of the sampling and the smallest batch that are asked for", () => {
    const sampling = "with-replacement";
    const { learningRates } = diagramAxes(minimum, { sampling, batchSizes: [3, 2] });
    const edge = exactThreshold(minimum, { batchSize: 2, sampling }).criticalLearningRate;
    expect(learningRates[0]).toBeCloseTo(edge / 4, 12);
  });

  it.each([
    [0, 1, 4],
    [2, 1, 4],
    [1, 2, 0],
    [1, 2, 1.5],
    [NaN, 2, 4],
    [1, Infinity, 4],
  ])("refuse the range from %d to %d in %d", (least, most, count) => {
    expect(() => diagramAxes(minimum, { learningRates: { minimum: least, maximum: most, count } })).toThrow(RangeError);
  });
});

describe("the growth rates of a minimum", () => {
  it.each<Sampling>(["with-replacement", "without-replacement", "bernoulli"])(
    "change sign exactly at η*(B), %s",
    (sampling) => {
      for (const batchSize of [1, 2, 3]) {
        const edge = exactThreshold(minimum, { batchSize, sampling }).criticalLearningRate;
        const learningRates = [1e-3, 0.5, 1 - 1e-9, 1 + 1e-9, 2].map((ratio) => ratio * edge);
        const records = [...growthRates(minimum, { learningRates, batchSizes: [batchSize], sampling })];
        expect(records.map(({ growthRate }) => Math.sign(growthRate))).toEqual([-1, -1, -1, 1, 1]);
      }
    },
  );

  it("come batch size by batch size, one at a time", () => {
    const cells = growthRates(system, { learningRates: [0.1, 0.2], batchSizes: [1, 3] });
    expect(cells.next().value).toMatchObject({ learningRate: 0.1, batchSize: 1 });
    expect([...cells].map(({ learningRate, batchSize }) => [learningRate, batchSize])).toEqual([
      [0.2, 1],
      [0.1, 3],
      [0.2, 3],
    ]);
  });

  it("of the full batch are those of gradient descent, log max (1 − ηλ)²", () => {
    const rate = 0.9;
    const [cell] = growthRates(minimum, { learningRates: [rate], batchSizes: [3] });
    const factors = [...minimum.eigenvalues].map((value) => (1 - rate * value) ** 2);
    expect(cell!.growthRate).toBeCloseTo(Math.log(Math.max(...factors)), 13);
  });
});

describe("the critical curves", () => {
  const batchSizes = [1, 2, 3];
  const curves = criticalCurves(minimum, { batchSizes });
  const curve = (id: string): (number | undefined)[] => curves.find((each) => each.id === id)!.criticalLearningRates;

  it("are the exact one and the bounds, the coherence for Bernoulli batches alone", () => {
    expect(curves.map(({ id }) => id)).toEqual(diagramCriteria.filter((id) => id !== "coherence"));
    const bernoulli = criticalCurves(minimum, { batchSizes, sampling: "bernoulli" });
    expect(bernoulli.map(({ id }) => id)).toEqual(diagramCriteria);
    const exact = [0.572340172017, 0.937005453848, 1.12709831695];
    exact.forEach((value, k) => expect(curve("exact")[k]).toBeCloseTo(value, 11));
    expect(curve("top-eigenvector")[0]).toBeCloseTo(0.687301119206, 11);
    expect(curve("chi")[0]).toBeCloseTo(0.648221343874, 11);
    expect(curve("gradient-descent")).toEqual(Array(3).fill(2 / minimum.eigenvalues[0]!));
  });

  it("lie above the exact one where they are necessary, below where they are sufficient", () => {
    for (const { kind, criticalLearningRates } of curves)
      criticalLearningRates.forEach((rate, k) => {
        const exact = curve("exact")[k]!;
        if (kind === "necessary") expect(rate).toBeGreaterThanOrEqual(exact * (1 - 1e-12));
        if (kind === "sufficient") expect(rate).toBeLessThanOrEqual(exact * (1 + 1e-12));
      });
  });

  it("leave out what does not apply to a way of sampling", () => {
    const chosen = criticalCurves(minimum, {
      batchSizes,
      sampling: "bernoulli",
      criteria: ["alignment-uncentred", "gradient-descent"],
    });
    expect(chosen.map(({ id }) => id)).toEqual(["gradient-descent"]);
  });
});
