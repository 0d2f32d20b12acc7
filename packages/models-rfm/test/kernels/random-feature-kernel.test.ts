import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  gaussianInputs,
  randomFeatureKernel,
  randomFeatures,
  type Activation,
  type DirectionLaw,
} from "@sgdscope/models-rfm";

const laws: DirectionLaw[] = ["sphere", "gaussian"];
const activations: Activation[] = ["relu", "tanh", "erf", "linear"];

describe.each(activations.flatMap((activation) => laws.map((law) => [activation, law] as const)))(
  "the kernel of %s features, directions on the %s",
  (activation, law) => {
    it.each([1, 2, 3, 9])("is what the Gram matrix of sampled features tends to, in %i dimensions", (d) => {
      const features = 20_000;
      const model = randomFeatures({ inputs: d, features, activation, law, random: seededRandom(d) });
      const X = gaussianInputs(3, d, seededRandom(2));
      X.subarray(0, d).forEach((x, k) => (X[k] = 3 * x));
      const { gram } = model.gramSystem(new Float64Array(features), X, new Float64Array(3));
      const expected = randomFeatureKernel({ activation, inputs: d, law }).gram(X);
      const phi = model.featureMap(X);
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++) {
          // The entry is the mean of m independent products; their spread gives its standard error.
          let square = 0;
          for (let k = 0; k < features; k++)
            square += (features * phi[i * features + k]! * phi[j * features + k]!) ** 2 / features;
          const error = Math.sqrt(Math.max(0, square - gram[3 * i + j]! ** 2) / features);
          expect(Math.abs(gram[3 * i + j]! - expected[3 * i + j]!)).toBeLessThanOrEqual(5 * error + 1e-12);
        }
    });
  },
);

describe.each(activations.flatMap((activation) => laws.map((law) => [activation, law] as const)))(
  "the scatter of finite %s features about their kernel, directions on the %s",
  (activation, law) => {
    it.each([1, 3, 9])("is that of many draws, without bias, in %i dimensions", (d) => {
      const [features, draws] = [4, 3000];
      const X = gaussianInputs(2, d, seededRandom(2));
      const norms = [0, 1].map((i) => Math.hypot(...X.subarray(i * d, (i + 1) * d)));
      const inner = X.subarray(0, d).reduce((sum, x, k) => sum + x * X[d + k]!, 0);
      const cosine = Math.max(-1, Math.min(1, inner / (norms[0]! * norms[1]!)));
      const kernel = randomFeatureKernel({ activation, inputs: d, law });
      const random = seededRandom(20 + d);
      for (const [i, j, c] of [
        [0, 1, cosine],
        [0, 0, 1],
      ] as const) {
        const entries = Float64Array.from({ length: draws }, () => {
          const model = randomFeatures({ inputs: d, features, activation, law, random });
          return model.gramSystem(new Float64Array(features), X, new Float64Array(2)).gram[2 * i + j]!;
        });
        const [a, b] = [norms[i]!, norms[j]!];
        const mean = kernel.value(a, b, c);
        const variance = kernel.variance(a, b, c, features);
        const moment = (power: number): number =>
          entries.reduce((sum, entry) => sum + (entry - mean) ** power, 0) / draws;
        expect(Math.abs(moment(1))).toBeLessThanOrEqual(5 * Math.sqrt(variance / draws) + 1e-12);
        const error = Math.sqrt((moment(4) - moment(2) ** 2) / draws);
        expect(Math.abs(moment(2) - variance)).toBeLessThanOrEqual(5 * error + 1e-12);
      }
    });
  },
);

describe("randomFeatureKernel", () => {
  // Independent references: the midpoint rule over 3000² angles, NumPy and SciPy.
  it.each([
    ["tanh", 2, 1.5, 2, 0.5, 0.2712039357866],
    ["tanh", 6, 2, 1, -0.6, -0.1273288030639],
    ["tanh", 8, Math.sqrt(8), Math.sqrt(8), 0.3, 0.1173915299502],
    ["tanh", 100, 10, 10, 0.8, 0.3077093541659],
    ["erf", 2, 1.5, 2, 0.5, 0.3071839089332],
    ["erf", 6, 2, 1, -0.6, -0.1566368644968],
    ["erf", 8, Math.sqrt(8), Math.sqrt(8), 0.3, 0.1359670130211],
    ["erf", 100, 10, 10, 0.8, 0.3597379315172],
  ] as const)("has the value of %s features on the sphere: d = %i, norms %f, %f, cosine %f", (...row) => {
    const [activation, inputs, a, b, cosine, expected] = row;
    expect(Math.abs(randomFeatureKernel({ activation, inputs }).value(a, b, cosine) - expected)).toBeLessThan(1e-12);
  });

  it("has the value of tanh features with Gaussian directions", () => {
    const value = (inputs: number, a: number, b: number, cosine: number): number =>
      randomFeatureKernel({ activation: "tanh", inputs, law: "gaussian" }).value(a, b, cosine);
    expect(Math.abs(value(5, 2, 1, 0.5) - 0.1108431793134925)).toBeLessThan(1e-13);
    expect(Math.abs(value(2, 3, 2, -0.4) + 0.2033862356155)).toBeLessThan(1e-12);
  });

  it("is 1 − tanh(R)/R for tanh on the sphere of R³, where w·x is uniform on [−R, R]", () => {
    const kernel = randomFeatureKernel({ activation: "tanh", inputs: 3 });
    for (const R of [0.5, Math.sqrt(3), 4])
      expect(Math.abs(kernel.value(R, R, 1) - (1 - Math.tanh(R) / R))).toBeLessThan(1e-12);
  });

  it("is the arc-cosine kernel of degree 1 for relu, and the arcsine kernel for erf and Gaussian directions", () => {
    const relu = randomFeatureKernel({ activation: "relu", inputs: 4 });
    expect(relu.value(2, 3, 1)).toBeCloseTo(6 / 8, 15);
    expect(relu.value(2, 3, 0)).toBeCloseTo(6 / (8 * Math.PI), 15);
    expect(relu.value(2, 3, -1)).toBeCloseTo(0, 15);
    const erf = randomFeatureKernel({ activation: "erf", inputs: 2, law: "gaussian" });
    expect(erf.value(1, 1, 1)).toBeCloseTo((2 / Math.PI) * Math.asin(1 / 2), 15);
  });

  it("has the variance of finite features in closed form for relu and linear ones", () => {
    // E relu(z)⁴ = 3/2, E relu(z)² = 1/2; E z⁴ = 3.
    const at = (activation: Activation, law: DirectionLaw, features: number): number =>
      randomFeatureKernel({ activation, inputs: 6, law }).variance(1, 1, 1, features);
    expect(at("relu", "gaussian", 1)).toBeCloseTo((3 / 2 - 1 / 4) / 36, 15);
    expect(at("linear", "gaussian", 10)).toBeCloseTo((3 - 1) / 360, 15);
    expect(at("relu", "sphere", 1)).toBeCloseTo(((3 / 2) * (6 / 8) - 1 / 4) / 36, 15);
    expect(at("linear", "sphere", 10)).toBeCloseTo((3 * (6 / 8) - 1) / 360, 15);
    // On the line w = ±1 all linear features agree.
    expect(randomFeatureKernel({ activation: "linear", inputs: 1 }).variance(2, 3, 1, 5)).toBeCloseTo(0, 13);
    expect(() => randomFeatureKernel({ activation: "relu", inputs: 6 }).variance(1, 1, 1, 0)).toThrow(
      expect.objectContaining({ code: "INVALID_SIZE" }),
    );
  });

  it("forgets the law of the directions in high dimension, where quadrature on the sphere meets the arcsine kernel", () => {
    const d = 20_000;
    for (const activation of ["erf", "tanh"] as const) {
      const [sphere, gaussian] = laws.map((law) => randomFeatureKernel({ activation, inputs: d, law }));
      for (const cosine of [-0.7, 0, 0.4, 1]) {
        const R = Math.sqrt(d);
        expect(Math.abs(sphere!.value(R, R, cosine) - gaussian!.value(R, R, cosine))).toBeLessThan(2 / d);
      }
    }
  });

  it("is odd in the cosine for odd activations, symmetric, and 0 for an input that is 0", () => {
    const kernel = randomFeatureKernel({ activation: "tanh", inputs: 5 });
    expect(kernel.value(1, 2, -0.4)).toBeCloseTo(-kernel.value(1, 2, 0.4), 13);
    expect(kernel.value(2, 1, 0.4)).toBeCloseTo(kernel.value(1, 2, 0.4), 13);
    expect(kernel.gram(Float64Array.of(0, 0, 0, 0, 0, 1, 0, 0, 0, 0))[1]).toBe(0);
  });

  it("refuses inputs of another dimension", () => {
    expect(() => randomFeatureKernel({ activation: "relu", inputs: 3 }).gram(new Float64Array(4))).toThrow(
      "gram: expected X of a length that is a multiple of 3, got 4",
    );
    expect(() => randomFeatureKernel({ activation: "relu", inputs: 0 })).toThrow(
      expect.objectContaining({ code: "INVALID_SIZE" }),
    );
    expect(() => randomFeatureKernel({ activation: "relu", inputs: 3, law: "uniform" as DirectionLaw })).toThrow(
      "randomFeatureKernel: expected law to be sphere or gaussian, got uniform",
    );
  });
});
