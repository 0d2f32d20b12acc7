import { gaussian } from "@sgdscope/random";
import { symmetricEigenvalues } from "@sgdscope/linear-algebra";
import { describe, expect, it } from "vitest";
import { meanSquaredErrorFactor } from "../../src/index.js";
import { inputGradientBound, sharpnessRegion } from "../../src/bounds.js";
import { seededRandom } from "../support/problems.js";

describe("the slope in the inputs", () => {
  it("of a two-layer ReLU network is at most ‖W₁‖₂‖∇_{W₁}f‖_F/‖x‖, with equality for one neuron", () => {
    let tightest = Infinity;
    for (let seed = 0; seed < 300; seed++) {
      const random = seededRandom(seed);
      const [d, width] = [1 + (seed % 4), 1 + (seed % 5)];
      const [weights, outer, x] = [gaussian(width * d, random), gaussian(width, random), gaussian(d, random)];
      const slope = new Float64Array(d);
      let gradient = 0;
      for (let j = 0; j < width; j++) {
        const row = weights.subarray(j * d, (j + 1) * d);
        if (row.reduce((sum, w, a) => sum + w * x[a]!, 0) <= 0) continue;
        row.forEach((w, a) => (slope[a]! += outer[j]! * w));
        for (const value of x) gradient += (outer[j]! * value) ** 2;
      }
      const gram = Float64Array.from({ length: d * d }, (_, k) => {
        let sum = 0;
        for (let j = 0; j < width; j++) sum += weights[j * d + Math.floor(k / d)]! * weights[j * d + (k % d)]!;
        return sum;
      });
      const bound = inputGradientBound({
        firstLayerNorm: Math.sqrt(symmetricEigenvalues(gram, d)[0]!),
        firstLayerGradientNorm: Math.sqrt(gradient),
        inputNorm: Math.hypot(...x),
      });
      const found = Math.hypot(...slope);
      expect(found).toBeLessThanOrEqual(bound * (1 + 1e-12));
      if (width === 1 && found > 0) expect(found / bound).toBeCloseTo(1, 12);
      if (found > 0) tightest = Math.min(tightest, bound / found);
    }
    expect(tightest).toBeCloseTo(1, 12);
  });
});

describe("the mean squared error of PyTorch", () => {
  it.each([
    [1, 2],
    [2, 1],
    [10, 0.2],
  ])(
    "of %d outputs is %d times the loss: a step of its gradient is ours at the converted learning rate",
    (outputs, factor) => {
      expect(meanSquaredErrorFactor(outputs)).toBe(factor);
      // f = θ with residuals r: the gradients are 2r/(nC) there and r/n here.
      const [n, rate] = [4, 0.3];
      const residuals = gaussian(n * outputs, seededRandom(outputs));
      for (const r of residuals)
        expect(rate * ((2 * r) / (n * outputs))).toBeCloseTo((rate * meanSquaredErrorFactor(outputs) * r) / n, 15);
    },
  );
});

describe("the region of sharpness and non-uniformity", () => {
  it("ends at 2/η and (1/η)√(B(n − 1)/(n − B))", () => {
    const { sharpness, nonUniformity } = sharpnessRegion(0.1, 1000, { batchSize: 10 });
    expect(sharpness).toBe(20);
    expect(nonUniformity).toBeCloseTo(10 * Math.sqrt((10 * 999) / 990), 12);
    expect(sharpnessRegion(0.1, 1000, { batchSize: 1 }).nonUniformity).toBeCloseTo(10, 13);
    expect(sharpnessRegion(0.1, 10, { batchSize: 10 }).nonUniformity).toBe(Infinity);
  });
});
