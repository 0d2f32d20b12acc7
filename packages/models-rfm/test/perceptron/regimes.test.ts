import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { twoLayerRelu } from "@sgdscope/models-rfm";
import {
  depletedData,
  featureTemperatureExponent,
  kernelChange,
  kernelRegimeExponent,
  regimeTemperature,
  scaledHinge,
} from "@sgdscope/models-rfm/perceptron";
import { relativeError } from "../problems.js";

const d = 5;
const model = twoLayerRelu({ inputs: d, width: 12 });
const { X, y } = depletedData({ size: 16, inputs: d, depletion: 1, random: seededRandom(1) });
const start = model.init(seededRandom(2));

/** Steps of full-batch descent on a hinge loss until it is 0. */
function descend(alpha: number, learningRate: number): { theta: Float64Array; steps: number } {
  const hinge = scaledHinge(model, X, y, { alpha, start });
  const all = Int32Array.from(y, (_, i) => i);
  const theta = start.slice();
  let steps = 0;
  for (; !hinge.fitted(theta) && steps < 50_000; steps++) {
    const g = new Float64Array(theta.length);
    hinge.gradient(theta, all, g);
    for (let k = 0; k < g.length; k++) theta[k]! -= (learningRate / hinge.size) * g[k]!;
  }
  return { theta, steps };
}

describe("scaledHinge", () => {
  it("is 1/α at the start, where F = 0, and has the gradient of its loss", () => {
    const hinge = scaledHinge(model, X, y, { alpha: 4, start });
    expect(hinge.loss(start)).toBe(0.25);
    expect([...hinge.predict(start)].every((F) => F === 0)).toBe(true);
    const theta = start.map((value, k) => value + 0.1 * Math.sin(k));
    const g = new Float64Array(theta.length);
    hinge.gradient(
      theta,
      Int32Array.from(y, (_, i) => i),
      g,
    );
    const h = 1e-6;
    const differences = g.map(
      (_, k) => (16 * (hinge.loss(theta.with(k, theta[k]! + h)) - hinge.loss(theta.with(k, theta[k]! - h)))) / (2 * h),
    );
    expect(relativeError(differences, g)).toBeLessThan(1e-6);
  });

  it("adds to what is there, and nothing for an example beyond its margin", () => {
    const { theta } = descend(1, 0.05);
    const hinge = scaledHinge(model, X, y, { alpha: 1, start });
    expect(hinge.fitted(theta)).toBe(true);
    expect(hinge.loss(theta)).toBe(0);
    const out = new Float64Array(theta.length).fill(1);
    hinge.gradient(theta, [0, 0, 7], out);
    expect(out.every((value) => value === 1)).toBe(true);
  });

  it("keeps the kernel for large α, and changes it for small", () => {
    const kernel = (theta: Float64Array): Float64Array => model.gramSystem(theta, X, y).gram;
    const changes = [0.1, 4, 160].map((alpha) =>
      kernelChange(kernel(descend(alpha, 0.02 / alpha).theta), kernel(start)),
    );
    expect(changes[0]).toBeGreaterThan(4 * changes[1]!);
    expect(changes[1]).toBeGreaterThan(4 * changes[2]!);
  });

  it("refuses α that is not positive, and labels that do not fit", () => {
    expect(() => scaledHinge(model, X, y, { alpha: 0, start })).toThrow(
      "scaledHinge: expected alpha to be a finite number > 0, got 0",
    );
    expect(() => scaledHinge(model, X, y.subarray(1), { alpha: 1, start })).toThrow(
      expect.objectContaining({ code: "WRONG_LENGTH" }),
    );
  });
});

describe("the regimes", () => {
  it("have the temperature η/(B·h), and η/B for the perceptron", () => {
    expect(regimeTemperature(0.5, 16, 128)).toBe(0.5 / 2048);
    expect(regimeTemperature(0.5, 2)).toBe(0.25);
    expect(() => regimeTemperature(0.5, 0)).toThrow(expect.objectContaining({ code: "INVALID_SIZE" }));
  });

  it("have the exponents k = (D − 1)/(D + 1), 2/3 for five hidden layers, and a = γ/δ", () => {
    expect(featureTemperatureExponent(5)).toBeCloseTo(2 / 3, 15);
    expect(featureTemperatureExponent(1)).toBe(0);
    expect(kernelRegimeExponent({ delta: 0.5, gamma: 0.25 })).toBe(0.5);
  });

  it("measure the kernel's change relative to its size", () => {
    expect(kernelChange(Float64Array.of(1, 2, 2), Float64Array.of(1, 0, 2))).toBe(4 / 5);
    expect(() => kernelChange(new Float64Array(2), new Float64Array(3))).toThrow(
      expect.objectContaining({ code: "WRONG_LENGTH" }),
    );
  });
});
