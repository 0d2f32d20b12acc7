import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  deepLinear,
  diagonalLinear,
  leastSquares,
  linearRegression,
  ModelsRfmError,
  randomFeatures,
  twoLayerRelu,
  twoLayerTanh,
  type Activation,
} from "@sgdscope/models-rfm";
import { everyModel, problem, relativeError } from "./problems.js";

const [n, d] = [11, 7];
const { X } = problem(n, d, 5);
const everything = Int32Array.from({ length: n }, (_, i) => i);

const models = [...everyModel(d), twoLayerTanh({ inputs: d, width: 8 })];

describe.each(models.map((model) => [model.name, model] as const))("%s", (_, model) => {
  const { y } = problem(n, d, 5, model.outputs);
  const [P, C, rows] = [model.parameters, model.outputs, n * model.outputs];
  const theta = model.init(seededRandom(2));
  const residuals = model.residuals(theta, X, y);

  it("has as many parameters as its shapes say, the same from the same seed", () => {
    const sizes = Object.values(model.shapes).map((shape) => shape.reduce((a, b) => a * b, 1));
    expect(sizes.reduce((a, b) => a + b)).toBe(model.parameters);
    expect(theta).toHaveLength(model.parameters);
    expect(model.init(seededRandom(2))).toEqual(theta);
    expect(model.init(seededRandom(3))).not.toEqual(theta);
  });

  it("has residuals r = f − y and the loss (1/2n) Σ r²", () => {
    const f = model.predict(theta, X);
    expect([...residuals]).toEqual([...f].map((value, i) => value - y[i]!));
    const loss = residuals.reduce((sum, r) => sum + r * r, 0) / (2 * n);
    expect(leastSquares(model, X, y).loss(theta)).toBeCloseTo(loss, 13);
  });

  it("has the Jacobian that central differences give", () => {
    const J = model.jacobian(theta, X);
    const h = 1e-6;
    const differences = new Float64Array(rows * P);
    for (let k = 0; k < P; k++) {
      const moved = (by: number): Float64Array => model.predict(theta.with(k, theta[k]! + by), X);
      const [up, down] = [moved(h), moved(-h)];
      for (let i = 0; i < rows; i++) differences[i * P + k] = (up[i]! - down[i]!) / (2 * h);
    }
    expect(relativeError(differences, J)).toBeLessThan(1e-8);
  });

  it("has the Gram matrix K = JJᵀ", () => {
    const J = model.jacobian(theta, X);
    const K = new Float64Array(rows * rows);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < rows; j++) for (let k = 0; k < P; k++) K[i * rows + j]! += J[i * P + k]! * J[j * P + k]!;
    const system = model.gramSystem(theta, X, y);
    expect(system).toMatchObject({ examples: n, outputs: C });
    expect(relativeError(system.gram, K)).toBeLessThan(1e-14);
    expect(system.residuals).toEqual(residuals);
  });

  it("adds Σ Jᵢᵀrᵢ over any batch, repeated examples and all, to what is there; and Jᵢᵀvᵢ for any v", () => {
    const J = model.jacobian(theta, X);
    for (const batch of [Int32Array.of(), Int32Array.of(4), Int32Array.of(3, 3, 8), everything]) {
      const expected = new Float64Array(P).fill(1);
      for (const i of batch)
        for (let row = i * C; row < (i + 1) * C; row++)
          for (let k = 0; k < P; k++) expected[k]! += residuals[row]! * J[row * P + k]!;
      const out = new Float64Array(P).fill(1);
      model.gradient(theta, X, y, batch, out);
      expect(relativeError(out, expected)).toBeLessThan(1e-13);
      const pulled = new Float64Array(P).fill(1);
      model.pullBack(theta, X, residuals, batch, pulled);
      expect(pulled).toEqual(out);
    }
  });

  it("has the gradient of its loss, by central differences", () => {
    const { loss, gradient } = leastSquares(model, X, y);
    const g = new Float64Array(P);
    gradient(theta, everything, g);
    const h = 1e-5;
    const differences = Float64Array.from(
      g,
      (_, k) => (n * (loss(theta.with(k, theta[k]! + h)) - loss(theta.with(k, theta[k]! - h)))) / (2 * h),
    );
    expect(relativeError(differences, g)).toBeLessThan(1e-7);
  });

  it("refuses arrays that do not fit", () => {
    const short = new Float64Array(3);
    for (const call of [
      () => model.predict(short, X),
      () => model.predict(theta, short),
      () => model.predict(theta, new Float64Array(0)),
      () => model.residuals(theta, X, short),
      () => model.gramSystem(theta, X, short),
      () => model.gradient(theta, X, y, everything, short),
      () => model.pullBack(theta, X, short, everything, new Float64Array(P)),
      () => model.pullBack(theta, X, y, everything, short),
      () => leastSquares(model, X, short),
    ])
      expect(call).toThrow(expect.objectContaining({ name: "ModelsRfmError", code: "WRONG_LENGTH" }));
  });
});

describe("the models", () => {
  it("refuse sizes and scales that are none, and unknown activations", () => {
    const random = seededRandom(1);
    for (const call of [
      () => linearRegression({ inputs: 0 }),
      () => linearRegression({ inputs: 3, initialScale: 0 }),
      () => randomFeatures({ inputs: 3, features: 1.5, activation: "relu", random }),
      () => twoLayerRelu({ inputs: 3, width: -1 }),
      () => deepLinear({ inputs: 3, depth: 0 }),
      () => deepLinear({ inputs: 3, depth: 2, width: 2.5 }),
      () => diagonalLinear({ inputs: 3, initialScale: -1 }),
      () => twoLayerRelu({ inputs: 3, width: 2, hiddenScale: NaN }),
    ])
      expect(call).toThrow(expect.objectContaining({ code: "INVALID_SIZE" }));
    expect(() => randomFeatures({ inputs: 3, features: 2, activation: "toString" as Activation, random })).toThrow(
      ModelsRfmError,
    );
    expect(() => twoLayerRelu({ inputs: 3, width: 0 })).toThrow(
      "twoLayerRelu: expected width to be an integer ≥ 1, got 0",
    );
  });

  it("start at the scales asked for", () => {
    const spread = (values: Float64Array): number => values.reduce((sum, v) => sum + v * v, 0) / values.length;
    const within = (values: Float64Array, variance: number): void =>
      expect(Math.abs(spread(values) / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / values.length));
    const network = twoLayerRelu({ inputs: 16, width: 500 }).init(seededRandom(1));
    within(network.subarray(0, 8000), 1 / 4);
    within(network.subarray(8000), 1);
    within(linearRegression({ inputs: 4000 }).init(seededRandom(1)), 1 / 4000);
    within(
      randomFeatures({ inputs: 2, features: 4000, activation: "erf", random: seededRandom(1), initialScale: 3 }).init(
        seededRandom(1),
      ),
      9,
    );
  });
});

describe("randomFeatures", () => {
  it("has a first layer of unit vectors, drawn once from its own generator", () => {
    const { directions } = randomFeatures({ inputs: 5, features: 30, activation: "relu", random: seededRandom(4) });
    for (let j = 0; j < 30; j++) expect(Math.hypot(...directions.subarray(5 * j, 5 * j + 5))).toBeCloseTo(1, 14);
    expect(randomFeatures({ inputs: 5, features: 30, activation: "tanh", random: seededRandom(4) }).directions).toEqual(
      directions,
    );
  });
});

describe("twoLayerRelu", () => {
  it("is homogeneous of degree two, with relu′(0) = 0", () => {
    const model = twoLayerRelu({ inputs: d, width: 6 });
    const theta = model.init(seededRandom(3));
    const twice = model.predict(
      theta.map((v) => 2 * v),
      X,
    );
    expect(
      relativeError(
        twice,
        model.predict(theta, X).map((f) => 4 * f),
      ),
    ).toBeLessThan(1e-14);
    expect(model.jacobian(new Float64Array(model.parameters), X).every((g) => g === 0)).toBe(true);
  });
});

describe("twoLayerTanh", () => {
  it("is odd in the inputs and in the output weights, and starts by its scales", () => {
    const model = twoLayerTanh({ inputs: d, width: 6 });
    const theta = model.init(seededRandom(3));
    const f = model.predict(theta, X);
    const mirrored = model.predict(
      theta,
      X.map((x) => -x),
    );
    expect([...mirrored]).toEqual([...f].map((value) => -value));
    expect(() => twoLayerTanh({ inputs: 3, width: 0 })).toThrow(
      "twoLayerTanh: expected width to be an integer ≥ 1, got 0",
    );
    expect(() => twoLayerTanh({ inputs: 3, width: 2, outputScale: 0 })).toThrow(ModelsRfmError);
    const start = twoLayerTanh({ inputs: 4, width: 4000 }).init(seededRandom(1));
    const square = (of: Float64Array): number => of.reduce((sum, value) => sum + value * value, 0) / of.length;
    expect(square(start.subarray(0, 16_000))).toBeCloseTo(1 / 4, 2);
    expect(square(start.subarray(16_000))).toBeCloseTo(1, 1);
  });
});
