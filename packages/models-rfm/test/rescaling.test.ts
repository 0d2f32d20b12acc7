import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { deepLinear, diagonalLinear, rescaleLayers, twoLayerRelu } from "@sgdscope/models-rfm";
import { problem, relativeError } from "./problems.js";

const [n, d] = [7, 4];
const { X, y } = problem(n, d, 3);

describe.each([
  ["twoLayerRelu", twoLayerRelu({ inputs: d, width: 6 }), [3, 1 / 3]],
  ["diagonalLinear", diagonalLinear({ inputs: d }), [0.2, 5]],
  ["deepLinear of three layers", deepLinear({ inputs: d, depth: 3 }), [2, 0.25, 2]],
] as const)("rescaled layers of %s", (_, model, partFactors) => {
  const theta = model.init(seededRandom(2));
  const moved = rescaleLayers(model, theta, partFactors);

  it("compute the same function", () => {
    expect(relativeError(model.predict(moved.theta, X), model.predict(theta, X))).toBeLessThan(1e-13);
    expect(relativeError(model.residuals(moved.theta, X, y), model.residuals(theta, X, y))).toBeLessThan(1e-13);
  });

  it("have the Jacobian JD and the curvature DGD, D = diag(1/factors)", () => {
    const [before, after] = [model.jacobian(theta, X), model.jacobian(moved.theta, X)];
    const expected = before.map((value, k) => value / moved.factors[k % model.parameters]!);
    expect(relativeError(after, expected)).toBeLessThan(1e-13);
    const traceOf = (J: Float64Array): number => J.reduce((sum, g) => sum + g * g, 0) / n;
    expect(Math.abs(traceOf(after) / traceOf(before) - 1)).toBeGreaterThan(0.2);
  });
});

describe("one product of two weights, f = w₁w₂ with the label 1", () => {
  const model = diagonalLinear({ inputs: 1 });
  const one = Float64Array.of(1);
  const curvature = (alpha: number): number => {
    const { theta } = rescaleLayers(model, Float64Array.of(1, 1), [alpha, 1 / alpha]);
    expect(theta[0]! * theta[1]!).toBeCloseTo(1, 15);
    return model.gramSystem(theta, one, one).gram[0]!;
  };

  it.each([
    [2, 4.25],
    [5, 25.04],
    [1, 2],
  ])("has curvature α² + α⁻² at (α, 1/α): α = %d, %d", (alpha, expected) => {
    expect(curvature(alpha)).toBeCloseTo(expected, 13);
    expect(curvature(alpha)).toBeGreaterThanOrEqual(2);
  });

  it("is left by gradient descent beyond the learning rate 2/(α² + α⁻²)", () => {
    for (const alpha of [1, 2, 5])
      for (const factor of [0.97, 1.03]) {
        const rate = (factor * 2) / curvature(alpha);
        const theta = Float64Array.of(alpha + 1e-6, 1 / alpha);
        const g = new Float64Array(2);
        for (let step = 0; step < 120; step++) {
          model.gradient(theta, one, one, [0], g.fill(0));
          theta.forEach((value, k) => (theta[k] = value - rate * g[k]!));
        }
        const distance = Math.abs(theta[0]! * theta[1]! - 1);
        const start = 1e-6 / alpha;
        if (factor < 1) expect(distance).toBeLessThan(0.1 * start);
        else expect(distance).toBeGreaterThan(10 * start);
      }
  });
});

it("rescaleLayers refuses factors that change the function", () => {
  const model = twoLayerRelu({ inputs: d, width: 2 });
  const theta = model.init(seededRandom(1));
  expect(() => rescaleLayers(model, theta, [2, 1])).toThrow(
    "rescaleLayers: expected partFactors with the product 1, got the product 2",
  );
  expect(() => rescaleLayers(model, theta, [2])).toThrow(expect.objectContaining({ code: "WRONG_LENGTH" }));
  expect(() => rescaleLayers(model, theta, [-1, -1])).toThrow(expect.objectContaining({ code: "INVALID_SIZE" }));
});
