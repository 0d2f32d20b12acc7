import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { deepLinear } from "@sgdscope/models-rfm";
import { alignedStart, layerImbalance, modesOf, trainModes } from "@sgdscope/models-rfm/deep-linear";
import { relativeError } from "../problems.js";

/** A rotation of the plane, padded: columns (c, s, 0) and (−s, c, 0) of R³. */
const rotated = (angle: number): Float64Array =>
  Float64Array.of(Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle), 0, 0);

describe("alignedStart", () => {
  it.each([1, 2, 3, 5])("makes a product with the modes asked for, and balanced layers, at depth %i", (depth) => {
    const model = deepLinear({ inputs: 4, outputs: 3, depth, width: 5 });
    const theta = alignedStart(model, [0.7, 0, 2]);
    const expected = Float64Array.of(0.7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0);
    expect(relativeError(model.endToEnd(theta), expected)).toBeLessThan(1e-15);
    expect(relativeError(modesOf(model, theta), [0.7, 0, 2])).toBeLessThan(1e-15);
    expect(layerImbalance(model, theta)).toBeLessThan(1e-15);
  });

  it("works in the teacher's bases: W = U diag(w) Vᵀ", () => {
    const model = deepLinear({ inputs: 3, outputs: 3, depth: 3, width: 2 });
    const bases = { left: rotated(0.3), right: rotated(1.1) };
    const theta = alignedStart(model, [1.5, 0.2], bases);
    expect(relativeError(modesOf(model, theta, bases), [1.5, 0.2])).toBeLessThan(1e-14);
    expect(layerImbalance(model, theta)).toBeLessThan(1e-15);
    // W v₁ = w₁ u₁.
    const [u, v, W] = [bases.left, bases.right, model.endToEnd(theta)];
    for (let i = 0; i < 3; i++) {
      const image = [0, 1, 2].reduce((sum, j) => sum + W[3 * i + j]! * v[2 * j]!, 0);
      expect(image).toBeCloseTo(1.5 * u[2 * i]!, 14);
    }
  });

  it("refuses more modes than fit, negative ones and bases of another shape", () => {
    const model = deepLinear({ inputs: 4, outputs: 4, depth: 2, width: 2 });
    expect(() => alignedStart(model, [1, 1, 1])).toThrow("alignedStart: expected at most 2 modes, got 3");
    expect(() => alignedStart(model, [1, -1])).toThrow(expect.objectContaining({ code: "INVALID_VALUE" }));
    expect(() => alignedStart(model, [1], { left: new Float64Array(3) })).toThrow(
      expect.objectContaining({ code: "WRONG_LENGTH" }),
    );
  });
});

describe("layerImbalance", () => {
  it("stays 0 for a chain of equal scalars under SGD with label noise", () => {
    const model = deepLinear({ inputs: 1, depth: 4 });
    const { theta } = trainModes(model, {
      target: [2],
      start: alignedStart(model, [0.3 ** 4]),
      learningRate: 0.01,
      noiseVariance: 0.25,
      steps: 2000,
      every: 2000,
      random: seededRandom(3),
    });
    expect(theta[0]! ** 4).toBeGreaterThan(1);
    // Products are taken in another order for every layer: rounding alone is left.
    expect(layerImbalance(model, theta)).toBeLessThan(2e-14);
  });

  it("stays exactly 0 over 2000 steps where no product rounds differently: two layers, inputs ±1", () => {
    const model = deepLinear({ inputs: 1, depth: 2 });
    const theta = alignedStart(model, [0.09]);
    const random = seededRandom(5);
    const gradient = new Float64Array(2);
    for (let step = 0; step < 2000; step++) {
      const x = Float64Array.of(random() < 0.5 ? -1 : 1);
      const y = gaussian(1, random).map((noise) => 2 * x[0]! + 0.5 * noise);
      model.gradient(theta, x, y, [0], gradient.fill(0));
      for (let l = 0; l < 2; l++) theta[l]! -= 0.01 * gradient[l]!;
    }
    expect(theta[0]! ** 2).toBeGreaterThan(1);
    expect(layerImbalance(model, theta)).toBe(0);
  });

  it("is the largest ‖W_{l+1}ᵀW_{l+1} − W_lW_lᵀ‖_F, and 0 for one layer", () => {
    const model = deepLinear({ inputs: 1, depth: 3, width: 1 });
    expect(layerImbalance(model, Float64Array.of(1, 3, 2))).toBe(8);
    const single = deepLinear({ inputs: 3, depth: 1 });
    expect(layerImbalance(single, gaussian(3, seededRandom(1)))).toBe(0);
  });
});
