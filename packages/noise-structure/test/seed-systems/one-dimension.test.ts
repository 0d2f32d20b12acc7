import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import type { NoiseStructureError } from "../../src/index.js";
import { gaussianNoise, gaussianStationary, oneDimensionalDensity } from "../../src/gaussian-design.js";
import { gaussianTailFormula, gaussianTailIndex } from "../../src/tail.js";

const laws = ["decoupled", "true-noise", "moment-matched"] as const;
const one = (offset: number) =>
  gaussianNoise({ covariance: Float64Array.of(1), offset: Float64Array.of(offset), labelVariance: 1 });

describe("the noise of 1-D regression, x and y ~ N(0, 1)", () => {
  it.each([0, 0.3, -1, 4])("is (1 + 2θ²)/B, not (1 + θ²)/B, at θ = %d", (theta) => {
    expect(one(theta).traceNoise).toBeCloseTo(1 + 2 * theta ** 2, 12);
    expect(2 * one(theta).loss).toBeCloseTo(1 + theta ** 2, 13);
  });

  it.each([
    ["decoupled", 1, 1.4, 3],
    ["decoupled", 0.5, 2, 1],
    ["true-noise", 1, 1.4, 3],
    ["true-noise", 2, 0.3, 2],
  ] as const)(
    "makes the %s density carry no flux: a = %d, σ² = %d, B = %d",
    (law, curvature, labelVariance, batchSize) => {
      const learningRate = 0.2;
      const { logDensity } = oneDimensionalDensity(law, { learningRate, batchSize, curvature, labelVariance });
      const share = law === "decoupled" ? 1 : 2;
      const diffusion = (theta: number): number =>
        (learningRate / batchSize) * curvature * (labelVariance + share * curvature * theta ** 2);
      for (const theta of [-2, -0.4, 0.1, 1.3]) {
        // −aθp = ½(Dp)′, in logarithms.
        const logFlow = (at: number): number => Math.log(diffusion(at)) + logDensity(at);
        const slope = (logFlow(theta + 1e-5) - logFlow(theta - 1e-5)) / 2e-5;
        expect((0.5 * diffusion(theta) * slope) / (-curvature * theta)).toBeCloseTo(1, 7);
      }
    },
  );
});

describe("the three densities of 1-D regression", () => {
  it.each([
    [0.1, 1, 0.0526, 0.0556, 0.0588],
    [0.5, 1, 0.3333, 0.5, 1],
    [1, 4, 0.1429, 0.1667, 0.5],
  ])("at η = %d, B = %d have variances %d, %d and, like SGD, %d", (learningRate, batchSize, ...expected) => {
    const variances = laws.map((law) => oneDimensionalDensity(law, { learningRate, batchSize }).variance);
    variances.forEach((variance, k) => expect(variance).toBeCloseTo(expected[k]!, 4));
    const ratio = batchSize / learningRate;
    expect(variances[0]).toBeCloseTo(1 / (2 * (1 + ratio) - 3), 14);
    expect(variances[1]).toBeCloseTo(1 / (2 * (2 * (1 + ratio / 2) - 3)), 14);
    const exact = gaussianStationary([1], { learningRate, batchSize, labelVariance: 1 })!.variances[0]!;
    expect(variances[2]! / exact).toBeCloseTo(1, 12);
    expect(exact).toBeCloseTo(learningRate / batchSize / (2 - learningRate * (1 + 2 / batchSize)), 14);
  });

  it("have the powers 1 + B/(ηa), 1 + B/(2ηa) and (1 + β)/2 with β = 2B/(ηa) − B, and tails to match", () => {
    const dynamics = { learningRate: 0.2, batchSize: 3, curvature: 2, labelVariance: 0.5 };
    const [decoupled, trueNoise, matched] = laws.map((law) => oneDimensionalDensity(law, dynamics));
    expect(decoupled!.power).toBeCloseTo(1 + 3 / 0.4, 13);
    expect(trueNoise!.power).toBeCloseTo(1 + 3 / 0.8, 13);
    expect(matched!.tailIndex).toBeCloseTo(gaussianTailFormula(0.4, 3), 13);
    expect(matched!.power).toBeCloseTo((1 + gaussianTailFormula(0.4, 3)) / 2, 13);
    expect(decoupled!.width ** 2).toBeCloseTo(0.5 / 2, 15);
    expect(trueNoise!.width ** 2).toBeCloseTo(0.5 / 4, 15);
    for (const { logDensity, tailIndex } of [decoupled!, trueNoise!, matched!])
      expect((logDensity(1e6) - logDensity(1e5)) / Math.log(10)).toBeCloseTo(-1 - tailIndex, 6);
    // Neither small steps nor matched moments give the tail of SGD itself.
    expect(trueNoise!.tailIndex).toBeCloseTo(1 + 3 / 0.4, 13);
    expect(gaussianTailIndex(0.4, 3).value).toBeGreaterThan(trueNoise!.tailIndex);
    expect(gaussianTailIndex(0.4, 3).value).toBeLessThan(matched!.tailIndex);
  });

  it.each(laws)("are normalised and have their variance, %s", (law) => {
    const { logDensity, variance, width } = oneDimensionalDensity(law, {
      learningRate: 0.3,
      batchSize: 2,
      curvature: 0.7,
      labelVariance: 1.9,
    });
    // θ = width·tan u.
    let [mass, second] = [0, 0];
    const cells = 20_000;
    for (let k = 0; k < cells; k++) {
      const theta = width * Math.tan(Math.PI * ((k + 0.5) / cells - 0.5));
      const weight = (Math.exp(logDensity(theta)) * Math.PI * width * (1 + (theta / width) ** 2)) / cells;
      mass += weight;
      second += weight * theta ** 2;
    }
    expect(mass).toBeCloseTo(1, 11);
    expect(second / variance).toBeCloseTo(1, 9);
  });

  it("lose variance and mass at large learning rates, and refuse a label without noise", () => {
    expect(oneDimensionalDensity("moment-matched", { learningRate: 2 / 3, batchSize: 1 }).variance).toBe(Infinity);
    expect(oneDimensionalDensity("moment-matched", { learningRate: 2.5, batchSize: 1 }).logDensity(0)).toBe(-Infinity);
    expect(() => oneDimensionalDensity("decoupled", { learningRate: 1, batchSize: 1, labelVariance: 0 })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }) as NoiseStructureError,
    );
  });
});

describe("SGD on 1-D regression at η = .1, B = 1", () => {
  it("has the variance .0588235 of the third, not .0556 or .0526", () => {
    const random = seededRandom(2);
    const [blocks, length] = [100, 20_000];
    let theta = 0;
    const means = Array.from({ length: blocks }, () => {
      let sum = 0;
      const z = gaussian(2 * length, random);
      for (let t = 0; t < length; t++) {
        theta -= 0.1 * (theta * z[2 * t]! - z[2 * t + 1]!) * z[2 * t]!;
        sum += theta ** 2 / length;
      }
      return sum;
    });
    const mean = means.reduce((a, b) => a + b) / blocks;
    const error = Math.sqrt(means.reduce((sum, m) => sum + (m - mean) ** 2, 0)) / blocks;
    expect(Math.abs(mean - 1 / 17)).toBeLessThan(4 * error);
    expect(mean - 0.0556).toBeGreaterThan(4 * error);
  });
});
