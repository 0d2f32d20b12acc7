import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { deepLinear, twoLayerRelu } from "@sgdscope/models-rfm";
import { decoupledGradientNoise, scaledHinge } from "@sgdscope/models-rfm/perceptron";
import { problem, relativeError } from "../problems.js";

const [n, d] = [6, 3];
const { X, y } = problem(n, d, 1);
const labels = y.map(Math.sign);

describe("the slopes of a scaled hinge", () => {
  it("make its gradient by pulling back", () => {
    const model = twoLayerRelu({ inputs: d, width: 4 });
    const start = model.init(seededRandom(1));
    const hinge = scaledHinge(model, X, labels, { alpha: 2, start });
    const theta = start.map((value, k) => value + 0.4 * Math.cos(k));
    const slopes = hinge.slopes(theta);
    expect(new Set(slopes.map(Math.abs))).toEqual(new Set([0, 1]));
    const all = [0, 1, 2, 3, 4, 5];
    const [gradient, pulled] = [new Float64Array(theta.length), new Float64Array(theta.length)];
    hinge.gradient(theta, all, gradient);
    model.pullBack(theta, X, slopes, all, pulled);
    expect(pulled).toEqual(gradient);
  });
});

describe("decoupledGradientNoise", () => {
  it.each([
    [1, 1],
    [2, 4],
  ])("has mean 0 and covariance (1/B − 1/n)·mean ℓ′²·JᵀJ/n: %i outputs, B = %i", (outputs, batchSize) => {
    const model = deepLinear({ inputs: d, outputs, depth: 2, width: 2 });
    const theta = model.init(seededRandom(2));
    const slopes = Float64Array.from({ length: n * outputs }, (_, k) => Math.sin(3 * k) - 0.2);
    const J = model.jacobian(theta, X);
    const P = model.parameters;
    const scale = ((1 / batchSize - 1 / n) * slopes.reduce((sum, s) => sum + s * s, 0)) / n ** 2;
    const [draws, random] = [20_000, seededRandom(3)];
    const [mean, second] = [new Float64Array(P), new Float64Array(P * P)];
    for (let draw = 0; draw < draws; draw++) {
      const noise = decoupledGradientNoise(model, theta, X, slopes, { batchSize, random });
      for (let a = 0; a < P; a++) {
        mean[a]! += noise[a]! / draws;
        for (let b = 0; b < P; b++) second[a * P + b]! += (noise[a]! * noise[b]!) / draws;
      }
    }
    const covariance = Float64Array.from({ length: P * P }, (_, k) => {
      let sum = 0;
      for (let i = 0; i < n * outputs; i++) sum += J[i * P + Math.floor(k / P)]! * J[i * P + (k % P)]!;
      return scale * sum;
    });
    for (let a = 0; a < P; a++) {
      expect(Math.abs(mean[a]!)).toBeLessThan(5 * Math.sqrt(covariance[a * (P + 1)]! / draws));
      for (let b = 0; b < P; b++) {
        const [aa, bb, ab] = [covariance[a * (P + 1)]!, covariance[b * (P + 1)]!, covariance[a * P + b]!];
        expect(Math.abs(second[a * P + b]! - ab)).toBeLessThan(5 * Math.sqrt((aa * bb + ab ** 2) / draws));
      }
    }
  });

  it("is 0 for the full batch and at zero loss, and refuses larger batches", () => {
    const model = twoLayerRelu({ inputs: d, width: 4 });
    const theta = model.init(seededRandom(1));
    const noise = (batchSize: number, slopes: Float64Array): Float64Array =>
      decoupledGradientNoise(model, theta, X, slopes, { batchSize, random: seededRandom(1) });
    expect(relativeError(noise(1, labels), noise(1, labels))).toBe(0);
    for (const none of [noise(n, labels), noise(1, new Float64Array(n))])
      expect(none.every((value) => Math.abs(value) === 0)).toBe(true);
    expect(() => noise(n + 1, labels)).toThrow(
      "decoupledGradientNoise: expected batchSize of at most the 6 examples, got 7",
    );
    expect(() => noise(1, new Float64Array(2))).toThrow(expect.objectContaining({ code: "WRONG_LENGTH" }));
  });
});
