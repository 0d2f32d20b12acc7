import { inGramUnits, timesPowerOfTwo } from "@sgdscope/linear-algebra";
import { gramSystemFromJacobian, noiseStructure } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import { exactThreshold } from "@sgdscope/stability-criterion";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  analyseSync,
  compareThresholds,
  edgeRatioOf,
  minimumOfArrays,
  phaseDiagram,
  type ConditionAnalysis,
  type Minimum,
} from "../src/index.js";

const minimumOf = (seed: number, outputs: number): Minimum => {
  const random = seededRandom(seed);
  const examples = 3 + Math.floor(random() * 4);
  const size = examples * outputs;
  const system = gramSystemFromJacobian(gaussian(size * 9, random), gaussian(size, random), { examples, outputs });
  return { name: "random", loss: "square", precision: "float64", system };
};

/** K·2^k and r·2^r. */
const scaled = (minimum: Minimum, k: number, r: number): Minimum => ({
  ...minimum,
  system: {
    ...inGramUnits(minimum.system, -k),
    residuals: minimum.system.residuals.map((value) => timesPowerOfTwo(value, r)),
  },
});

const cases = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  outputs: fc.integer({ min: 1, max: 2 }),
  k: fc.integer({ min: -500, max: 500 }),
  sampling: fc.constantFrom("without-replacement" as const, "with-replacement" as const, "bernoulli" as const),
});
const ratios = [
  "alignmentFactor",
  "uncentredAlignmentFactor",
  "directionAlignment",
  "noiseMagnitude",
  "uncentredNoiseMagnitude",
  "decouplingError",
] as const;
/** Relative: powers of two are exact, but for the square roots of odd ones. */
const agree = (actual: number, expected: number, what: string, tolerance = 1e-12): void =>
  expect(Math.abs(actual - expected), `${what}: ${actual} against ${expected}`).toBeLessThanOrEqual(
    tolerance * Math.abs(expected),
  );
/** What an iteration found to 1e-12 of itself. */
const found = (actual: number, expected: number, what: string): void => agree(actual, expected, what, 1e-11);

describe("K times 2^±500", () => {
  it("has thresholds as many times smaller, and the same ratios", () => {
    fc.assert(
      fc.property(cases, ({ seed, outputs, k, sampling }) => {
        const own = minimumOf(seed, outputs);
        const rate = 0.9 * exactThreshold(own.system, { batchSize: 2, sampling }).criticalLearningRate;
        const options = { batchSizes: [2], sampling };
        const expected = analyseSync(own, { ...options, learningRate: rate });
        const other = analyseSync(scaled(own, k, 0), { ...options, learningRate: timesPowerOfTwo(rate, -k) });
        for (const key of ratios) agree(other.noise[key]!, expected.noise[key]!, key);
        agree(timesPowerOfTwo(other.noise.frobeniusG, -k), expected.noise.frobeniusG, "‖G‖_F");
        agree(timesPowerOfTwo(other.noise.traceNoise, -k), expected.noise.traceNoise, "Tr Σ");
        agree(other.alignmentRange!.infimum + 1, expected.alignmentRange!.infimum + 1, "μ₀");
        const [here, there] = [other.conditions[0]!, expected.conditions[0]!];
        expect(here.threshold.converged).toBe(true);
        for (const [b, bound] of here.bounds.entries()) {
          const known = there.bounds[b]!;
          expect(bound.id).toBe(known.id);
          if (known.criticalLearningRate === Infinity) expect(bound.criticalLearningRate).toBe(Infinity);
          else found(timesPowerOfTwo(bound.criticalLearningRate, k), known.criticalLearningRate, bound.id);
          if (known.curvature !== undefined)
            agree(timesPowerOfTwo(bound.curvature!.value, -k), known.curvature.value, `${bound.id}, curvature`);
        }
        found(here.verdict!.edgeRatio, there.verdict!.edgeRatio, "η/η*");
        found(here.verdict!.growth.spectralRadius, there.verdict!.growth.spectralRadius, "ρ");
        agree(timesPowerOfTwo(here.verdict!.frobeniusLimit!, -k), there.verdict!.frobeniusLimit!, "limit of ‖G‖_F");
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("is compared, drawn and judged along a training alike", async () => {
    const own = minimumOf(3, 2);
    const largest = analyseSync(own).noise.largestEigenvalue;
    const row = new Map(Object.entries(compareThresholds(own, { batchSizes: [2] }).rows[0]!));
    const diagram = await phaseDiagram(own, {
      batchSizes: [1, 2],
      learningRates: { minimum: 0.01, maximum: 0.1, count: 3 },
    });
    const reached = { steps: 1, converged: true, batchSize: 2, sampling: "without-replacement" } as const;
    const optimizers = [0, -1].map((sign) => ({
      kind: "heavy-ball" as const,
      momentum: 0.9,
      weightDecay: -sign * 0.1,
    }));
    const ratios = optimizers.map((optimizer) =>
      edgeRatioOf({ ...own, reached: { ...reached, optimizer, learningRate: 0.01 } }),
    );
    for (const k of [-560, 532]) {
      const other = scaled(own, k, 0);
      const rate = (value: number): number => timesPowerOfTwo(value, -k);
      for (const [key, value] of Object.entries(compareThresholds(other, { batchSizes: [2] }).rows[0]!) as [
        string,
        number,
      ][])
        if (key !== "batchSize") agree(timesPowerOfTwo(value, k), row.get(key) as number, key);
      const found = await phaseDiagram(other, {
        batchSizes: [1, 2],
        learningRates: { minimum: rate(0.01), maximum: rate(0.1), count: 3 },
      });
      for (const [cell, { growthRate, learningRate }] of found.growth.entries()) {
        agree(growthRate, diagram.growth[cell]!.growthRate, "growth rate");
        agree(timesPowerOfTwo(learningRate, k), diagram.growth[cell]!.learningRate, "learning rate");
      }
      for (const [which, { weightDecay, ...momentum }] of optimizers.entries()) {
        // Weight decay is a curvature.
        const optimizer = { ...momentum, weightDecay: timesPowerOfTwo(weightDecay, k) };
        const trained = { ...reached, optimizer, learningRate: rate(0.01) };
        agree(edgeRatioOf({ ...other, reached: trained }), ratios[which]!, "η/η*");
        const [{ verdict, meanEdge }] = analyseSync({ ...other, reached: trained }).conditions as [ConditionAnalysis];
        agree(verdict!.edgeRatio, ratios[which]!, "η/η* of the analysis");
        agree(timesPowerOfTwo(meanEdge, k), 3.8 / (largest + optimizers[which]!.weightDecay), "edge of the mean");
      }
    }
  });
});

describe("residuals times 2^±500", () => {
  it("have the same ratios as long as their loss is no rounding error, and the loss of their scale", () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: -500, max: 500 }), ({ seed, outputs, k }, r) => {
        const { system } = minimumOf(seed, outputs);
        const expected = noiseStructure(system);
        const found = noiseStructure(scaled({ ...minimumOf(seed, outputs) }, k, r).system);
        agree(timesPowerOfTwo(found.loss, -2 * r), expected.loss, "loss");
        if (found.loss < 1e-20) expect(found.undefinedBecause).toContain("rounding errors");
        else for (const key of ratios) agree(found[key]!, expected[key]!, key);
        // Where the true value is in range it is the value.
        if (Math.abs(k + 2 * r) < 1000) {
          agree(timesPowerOfTwo(found.frobeniusNoise, -k - 2 * r), expected.frobeniusNoise, "‖Σ‖_F");
          agree(timesPowerOfTwo(found.traceNoise, -k - 2 * r), expected.traceNoise, "Tr Σ");
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});

describe("what no Float64 holds is refused by its name", () => {
  const array = (shape: number[], ...values: number[]) => ({ shape, data: Float64Array.from(values) });
  it.each([
    ["residuals", { gram: array([2, 2], 2, 1, 1, 2), residuals: array([2], 1e200, 1) }],
    ["gram", { gram: array([1, 1], 1e-310), residuals: array([1], 1) }],
    ["jacobian", { jacobian: array([1, 2], 1e-170, 1e-171), residuals: array([1], 1) }],
    ["jacobian", { jacobian: array([1, 2], 1e170, 1), residuals: array([1], 1) }],
  ])("%s", (argument, arrays) => {
    expect(() => minimumOfArrays("minimum", arrays as never)).toThrow(
      expect.objectContaining({ argument, code: argument === "residuals" ? "NOT_FINITE" : "INVALID_ARGUMENT" }),
    );
  });

  it("a learning rate that is too far from the critical one", () => {
    for (const learningRate of [1e-200, 1e200])
      expect(() => analyseSync(minimumOf(1, 1), { learningRate })).toThrow(
        expect.objectContaining({ argument: "learningRate", code: "INVALID_ARGUMENT" }),
      );
  });

  it("the loss, also where the system was made by hand", () => {
    const system = { examples: 1, outputs: 1, gram: Float64Array.of(1), residuals: Float64Array.of(1e200) };
    expect(() => noiseStructure(system)).toThrow(/expected residuals whose squares have a finite sum/);
  });
});
