import { describe, expect, it } from "vitest";
import {
  alignmentRange,
  chiBlocks,
  directionalAlignment,
  gramSpectrum,
  noiseStructure,
  type GramSystem,
  type NoiseStructure,
} from "../src/index.js";
import { randomProblem } from "./noise-strength/problems.js";

const system = randomProblem(3, 2, { examples: 5, parameters: 7 }).system;
const scaled = (k: number, r: number): GramSystem => ({
  ...system,
  gram: system.gram.map((value) => value * 2 ** k),
  residuals: system.residuals.map((value) => value * 2 ** r),
});

/** Powers of the units of K and of r in every quantity that has one. */
const powers: Partial<Record<keyof NoiseStructure, [number, number]>> = {
  loss: [0, 2],
  gradientNorm: [0.5, 1],
  gradientCurvature: [2, 2],
  traceG: [1, 0],
  frobeniusG: [1, 0],
  largestEigenvalue: [1, 0],
  eigenvalues: [1, 0],
  chi: [2, 0],
  traceNoise: [1, 2],
  traceUncentredNoise: [1, 2],
  traceNoiseG: [2, 2],
  traceUncentredNoiseG: [2, 2],
  frobeniusNoise: [1, 2],
  frobeniusUncentredNoise: [1, 2],
};
const listOf = (value: unknown): number[] =>
  typeof value === "number" ? [value] : value === undefined ? [] : [...(value as Float64Array)];

/** `value/2^exponent` where the power itself may be no Float64. */
const unscaled = (value: number, exponent: number): number => (value / 2 ** (exponent / 2)) * 2 ** (-exponent / 2);

// Within 2^±100, where nothing is rescaled, and beyond.
const units = [
  [40, 30],
  [-40, -10],
  [160, 0],
  [-160, 0],
  [0, 150],
  [160, 140],
  [-210, 130],
  [-240, 0],
  [0, 400],
  [130, 350],
] as const;

describe.each(units)("with K in units of 2^%d and r in units of 2^%d", (k, r) => {
  const usual = noiseStructure(system, { eigenvalues: 3 });

  it("every quantity has its units, and ratios have none", () => {
    const found = noiseStructure(scaled(k, r), { eigenvalues: 3 });
    expect(found.undefinedBecause).toBeUndefined();
    for (const [name, value] of Object.entries(usual) as [keyof NoiseStructure, unknown][]) {
      const [ofK, ofR] = powers[name] ?? [0, 0];
      const [before, after] = [listOf(value), listOf(found[name])];
      expect(after.length, name).toBe(before.length);
      before.forEach((number, a) =>
        expect(unscaled(after[a]!, ofK * k + ofR * r) / number, `${name}[${a}]`).toBeCloseTo(1, 8),
      );
    }
  });

  it("a spectrum that is known serves as one that is not", () => {
    const one = scaled(k, r);
    const spectrum = gramSpectrum(one);
    spectrum.eigenvalues
      .subarray(0, spectrum.rank)
      .forEach((value, a) => expect(value / 2 ** k / gramSpectrum(system).eigenvalues[a]!).toBeCloseTo(1, 9));
    expect(spectrum.rank).toBe(gramSpectrum(system).rank);
    const found = noiseStructure(one, { eigenvalues: 3, spectrum });
    expect(found.eigenvalues).toHaveLength(3);
    found.eigenvalues.forEach((value, a) => expect(value / spectrum.eigenvalues[a]!).toBeCloseTo(1, 12));
    expect(found.largestEigenvalue).toBe(found.eigenvalues[0]);
    const [own, given] = [alignmentRange(one), alignmentRange(one, { spectrum })];
    expect(given).toEqual(own);
    const before = alignmentRange(system);
    for (const name of ["supremum", "uncentredInfimum", "uncentredSupremum", "rank"] as const)
      expect(own[name] / before[name], name).toBeCloseTo(1, 9);
    expect(own.infimum - before.infimum).toBeCloseTo(0, 9);
    expect(directionalAlignment(one, { spectrum, count: 2 })).toEqual(directionalAlignment(one, { count: 2 }));
  });

  it("directions and blocks have theirs", () => {
    const before = directionalAlignment(system);
    directionalAlignment(scaled(k, r)).forEach(({ curvature, alignment, uncentredAlignment }, a) => {
      expect(unscaled(curvature, k) / before[a]!.curvature).toBeCloseTo(1, 9);
      expect(alignment! / before[a]!.alignment!).toBeCloseTo(1, 7);
      expect(uncentredAlignment! / before[a]!.uncentredAlignment!).toBeCloseTo(1, 7);
    });
    const blocks = chiBlocks(system);
    chiBlocks(scaled(k, r)).forEach((value, a) => expect(unscaled(value, 2 * k) / blocks[a]!).toBeCloseTo(1, 10));
  });
});

describe("the eigenvalues of the structure", () => {
  it("are as many as are asked for, and as there are", () => {
    const { eigenvalues } = gramSpectrum(system);
    for (const count of [1, 2, 9, 10, 11, 1000]) {
      const found = noiseStructure(system, { eigenvalues: count }).eigenvalues;
      expect(found).toHaveLength(Math.min(count, 10));
      found.forEach((value, a) => expect(value - eigenvalues[a]!).toBeCloseTo(0, 9));
    }
    expect(noiseStructure(system).eigenvalues).toHaveLength(1);
  });

  it("are 0 of a matrix that is", () => {
    const zero = { examples: 2, outputs: 1, gram: new Float64Array(4), residuals: Float64Array.of(1, 2) };
    expect(noiseStructure(zero)).toMatchObject({
      largestEigenvalue: 0,
      undefinedBecause: "the Gauss–Newton matrix is zero",
    });
    expect([...noiseStructure(zero, { eigenvalues: 2 }).eigenvalues]).toEqual([0, 0]);
  });
});

it.each([
  [[1e-200, 1e-200], "the loss is below 1e-20: residuals are rounding errors"],
  [[0, 0], "the loss is below 1e-20: residuals are rounding errors"],
  [[1e-9, 0], undefined],
])("residuals %j leave ratios undefined because: %s", (residuals, because) => {
  const found = noiseStructure({
    examples: 2,
    outputs: 1,
    gram: Float64Array.of(2, 0.5, 0.5, 1),
    residuals: Float64Array.from(residuals),
  });
  expect(found.undefinedBecause).toBe(because);
  expect(found.alignmentFactor === undefined).toBe(because !== undefined);
});

it("residuals whose squares overflow are refused by their size", () => {
  expect(() =>
    noiseStructure({ ...system, residuals: system.residuals.map((value, a) => (a === 3 ? -1e200 : value)) }),
  ).toThrow("noiseStructure: expected residuals whose squares have a finite sum, got residuals of up to 1e+200.");
});
