import { describe, expect, it } from "vitest";
import { gaussianMinibatchCovariance, gaussianNoise, minimumNoise } from "../src/gaussian-design.js";
import { alignmentAlong, logLossPower, noiseStructure, noiseWeights, type Sampling } from "../src/index.js";
import { convexLoss, lossIds, lossNamed } from "../src/losses.js";
import { sampledBatchSharpness, sampledUpdateSharpness, twoBatchNoiseScale } from "../src/noise-scale.js";
import { empiricalTailIndex } from "../src/tail.js";
import { of, outcome } from "./entries.js";

describe("a matrix that should be symmetric", () => {
  const size = 4;
  const identity = Float64Array.from({ length: size * size }, (_, k) => (k % (size + 1) === 0 ? 1 : 0));
  const places = Array.from({ length: size * size }, (_, k) => [Math.floor(k / size), k % size] as const).filter(
    ([a, b]) => a !== b,
  );

  it.each(places)("is refused for a fault at (%d, %d), and taken with one of its rounding", (a, b) => {
    const faulty = (fault: number): Float64Array => identity.with(a * size + b, fault);
    const uses: [string, (matrix: Float64Array) => unknown][] = [
      ["covariance", (covariance) => gaussianNoise({ covariance, offset: of(1, 1, 1, 1) })],
      [
        "inputCovariance",
        (inputCovariance) =>
          gaussianMinibatchCovariance({ inputCovariance, parameterCovariance: identity, batchSize: 1 }),
      ],
      [
        "parameterCovariance",
        (parameterCovariance) =>
          gaussianMinibatchCovariance({ inputCovariance: identity, parameterCovariance, batchSize: 1 }),
      ],
      ["hessian", (hessian) => minimumNoise({ hessian, loss: 1, batchSize: 1 })],
      ["fluctuation", (fluctuation) => minimumNoise({ hessian: identity, loss: 0, batchSize: 1, fluctuation })],
    ];
    const [row, column] = [Math.max(a, b), Math.min(a, b)];
    const [below, above] = a > b ? [1e-3, 0] : [0, 1e-3];
    for (const [name, use] of uses) {
      expect(outcome(() => use(faulty(1e-3)))).toMatch(
        new RegExp(
          `^NOT_SYMMETRIC \\w+: expected ${name} to be symmetric, got ${below} at \\(${row}, ${column}\\) and ${above} at \\(${column}, ${row}\\)\\.$`,
        ),
      );
      expect(outcome(() => use(faulty(1e-11)))).toBe("no error");
    }
  });
});

describe("the number of examples", () => {
  it.each<[Sampling, number, number]>([
    ["with-replacement", Infinity, 1 / 4],
    ["with-replacement", 2, 1 / 4],
    ["without-replacement", 4, 0],
    ["with-replacement", 1, 1 / 4],
    ["without-replacement", 5, 1 / 16],
    ["bernoulli", 8, 1 / 8],
  ])("%s of %d gives batches of 4 the factor %d", (sampling, examples, noise) =>
    expect(noiseWeights({ batchSize: 4, sampling, examples })).toEqual({
      noise,
      gradient: sampling === "bernoulli" ? noise : 0,
    }),
  );

  it.each<[Sampling, number]>([
    ["with-replacement", 1.5],
    ["with-replacement", 0],
    ["with-replacement", -Infinity],
    ["without-replacement", Infinity],
    ["bernoulli", Infinity],
  ])("%s of %d is refused", (sampling, examples) =>
    expect(outcome(() => noiseWeights({ batchSize: 1, sampling, examples }))).toBe(
      `INVALID_ARGUMENT noiseWeights: expected examples to be an integer of at least 1, got ${examples}.`,
    ),
  );

  it("of which there is one leaves no noise without replacement", () =>
    expect(noiseWeights({ batchSize: 1, examples: 1 })).toEqual({ noise: 0, gradient: 0 }));

  it("is a stream of fresh ones where nothing is said", () => {
    const norms = { smallBatch: 4, largeBatch: 32, smallSquaredNorms: [5, 5], largeSquaredNorms: [2, 2] };
    expect(twoBatchNoiseScale(norms)).toEqual(
      twoBatchNoiseScale(norms, { sampling: "with-replacement", examples: Infinity }),
    );
  });
});

it("identical examples have no noise, and say so", () => {
  const found = noiseStructure({
    examples: 2,
    outputs: 1,
    gram: new Float64Array(4).fill(2),
    residuals: new Float64Array(2).fill(1),
  });
  expect(found).toMatchObject({
    undefinedBecause: "the noise is zero",
    alignmentFactor: 0,
    uncentredAlignmentFactor: 1,
    noiseMagnitude: 0,
    directionAlignment: undefined,
    uncentredDirectionAlignment: 1,
  });
});

it("drawn batches have a standard error, all that there are have none", () => {
  const steps = { curvatures: [2, 6, 4], slopes: [1, 2, 1] };
  // Ratios 2, 3, 4; and Σ curvatures / Σ slopes = 3 with (c − 3s)/mean s = −¾, 0, ¾.
  expect(sampledBatchSharpness(steps)).toEqual({ value: 3, standardError: Math.sqrt(1 / 3), matvecs: 0 });
  expect(sampledBatchSharpness(steps, { complete: true })).toEqual({ value: 3, standardError: 0, matvecs: 0 });
  const sampled = sampledUpdateSharpness(steps)!;
  expect(sampled.value).toBeCloseTo(3, 14);
  expect(sampled.standardError).toBeCloseTo(Math.sqrt((2 * 0.75 ** 2) / 2 / 3), 14);
  expect(sampledUpdateSharpness(steps, { complete: true })).toEqual({ ...sampled, standardError: 0 });
});

describe("what a loss says of itself", () => {
  const own = { value: () => 0, gradient: () => [0, 0, 0], curvature: () => [1, 0, 0, 0, 1, 0, 0, 0, 1] };
  it("is its id, label and source; of a loss of one's own by default the id and the user", () => {
    expect(convexLoss({ id: "own", ...own })).toMatchObject({ id: "own", label: "own", source: "user" });
    expect(convexLoss({ id: "own", label: "Mine", source: "A", ...own })).toMatchObject({ label: "Mine", source: "A" });
    for (const id of lossIds) expect(lossNamed(id).id).toBe(id);
  });

  it("is how many rows its factor has: those of the outputs, and one less for cross-entropy", () => {
    expect(convexLoss({ id: "own", ...own }).rows(3)).toBe(3);
    for (const id of lossIds) expect(lossNamed(id).rows(3)).toBe(id === "cross-entropy" ? 2 : 3);
  });
});

it("tails that are no power laws are known without error", () => {
  expect(empiricalTailIndex([0.5, 0.25, 0.9])).toMatchObject({
    value: Infinity,
    standardError: 0,
    regime: "every step contracts",
  });
  expect(empiricalTailIndex([2, 0.9, 1.5])).toMatchObject({ value: 0, standardError: 0, regime: "no stationary law" });
});

it("alignments have values from a loss of 1e-20 on", () => {
  const shape = { examples: 1, outputs: 1 };
  const at = (loss: number) => alignmentAlong([1], [Math.sqrt(2 * loss)], shape).uncentredAlignment;
  expect(at(1.0000001e-20)).toBeCloseTo(1, 12);
  expect(at(0.9999999e-20)).toBeUndefined();
});

it.each([
  ["expected losses of at least options.minimumLoss 1, got 0.5 at index 1.", [2, 0.5]],
  [
    "cannot fit a power, because all losses equal options.minimumLoss 1; at least one must be above options.minimumLoss.",
    [1, 1],
  ],
])("logLossPower refuses: %s", (said, losses) =>
  expect(outcome(() => logLossPower(losses, { minimumLoss: 1 }))).toBe(`INVALID_ARGUMENT logLossPower: ${said}`),
);
