import { describe, expect, it } from "vitest";
import { StabilityError } from "../../src/index.js";
import { noiseAblation, noiseModelStability, type NoiseModel } from "../../src/escape.js";
import { stationaryCovarianceWithMomentum } from "../../src/stationary.js";

const spectrum = Float64Array.of(4, 2, 1, 0.3);
const wide = Float64Array.of(4, 2, 1, 0.3, 0.1);
const models: NoiseModel[] = ["additive isotropic", "additive aligned", "loss-scaled isotropic", "loss-scaled aligned"];

/** Second moments along the eigenvectors after some steps with noise of the model. */
function iterate(model: NoiseModel, eta: number, push: number, steps: number): { q: Float64Array; growth: number } {
  let q = spectrum.map(() => 1);
  let growth = NaN;
  for (let t = 0; t < steps; t++) {
    const twice = q.reduce((sum, value, a) => sum + spectrum[a]! * value, 0);
    const size = model.startsWith("loss-scaled") ? twice : 1;
    const next = q.map(
      (value, a) =>
        (1 - eta * spectrum[a]!) ** 2 * value + eta ** 2 * push * size * (model.endsWith("aligned") ? spectrum[a]! : 1),
    );
    growth = next[0]! / q[0]!;
    // Homogeneous where the noise is in proportion to the loss: keep clear of overflow.
    q = model.startsWith("loss-scaled") ? next.map((value) => value / next[0]!) : next;
  }
  return { q, growth };
}

describe("the critical learning rate", () => {
  it.each([
    [1, 0.412010030579],
    [0.2, 0.48640236992],
  ])("of loss-scaled isotropic noise, σ² = ½, p = %d: %d", (noise, expected) => {
    const found = noiseModelStability("loss-scaled isotropic", {
      eigenvalues: spectrum,
      learningRate: expected,
      noise,
      strength: 0.5,
    });
    expect(found.criticalLearningRate).toBeCloseTo(expected, 11);
    expect(found.spectralRadius).toBeCloseTo(1, 10);
  });

  it.each([
    [1, 0.191140052499],
    [0.25, 0.377500380545],
    [0.05, 0.474599440932],
  ])("of loss-scaled aligned noise, p = %d: %d", (noise, expected) => {
    const found = noiseModelStability("loss-scaled aligned", { eigenvalues: wide, learningRate: expected, noise });
    expect(found.criticalLearningRate).toBeCloseTo(expected, 11);
    expect(found.spectralRadius).toBeCloseTo(1, 10);
  });

  it.each(models.slice(0, 2))("of %s noise is 2/λ_max, however strong", (model) => {
    for (const strength of [0.01, 100])
      expect(
        noiseModelStability(model, { eigenvalues: spectrum, learningRate: 0.1, strength }).criticalLearningRate,
      ).toBe(0.5);
  });
});

describe.each(models)("%s noise", (model) => {
  it("has the stationary moments and the growth of its recursion", () => {
    for (const noise of [1, 0.3])
      for (const learningRate of [0.1, 0.3, 0.45]) {
        const found = noiseModelStability(model, { eigenvalues: spectrum, learningRate, noise, strength: 0.7 });
        const { q, growth } = iterate(model, learningRate, 0.7 * noise, 900);
        if (model.startsWith("additive")) {
          found.stationary!.forEach((value, a) => expect(value / q[a]!).toBeCloseTo(1, 11));
          expect(found.stationaryLoss! / (0.5 * q.reduce((s, v, a) => s + spectrum[a]! * v, 0))).toBeCloseTo(1, 11);
        } else {
          expect(growth).toBeCloseTo(found.spectralRadius, 9);
          expect(found.stationary === undefined).toBe(growth > 1);
          expect(found.stationaryLoss).toBe(growth > 1 ? undefined : 0);
        }
      }
    expect(noiseModelStability(model, { eigenvalues: spectrum, learningRate: 0.51 }).stationary).toBeUndefined();
  });

  it("refuses bad numbers", () => {
    const good = { eigenvalues: spectrum, learningRate: 0.1 };
    for (const change of [
      { learningRate: 0 },
      { noise: 0 },
      { strength: -1 },
      { eigenvalues: Float64Array.of(-1, 1) },
      { eigenvalues: Float64Array.of(0) },
    ])
      expect(() => noiseModelStability(model, { ...good, ...change })).toThrow(StabilityError);
  });
});

describe("additive noise", () => {
  it("has the stationary covariance of SGD without momentum", () => {
    const diagonal = (values: Float64Array): Float64Array => {
      const matrix = new Float64Array(16);
      values.forEach((value, a) => (matrix[5 * a] = value));
      return matrix;
    };
    const { stationary } = noiseModelStability("additive aligned", {
      eigenvalues: spectrum,
      learningRate: 0.2,
      noise: 0.5,
      strength: 3,
    });
    const { covariance } = stationaryCovarianceWithMomentum({
      hessian: diagonal(spectrum),
      noise: diagonal(spectrum.map((value) => 1.5 * value)),
      learningRate: 0.2,
    });
    stationary!.forEach((value, a) => expect(value).toBeCloseTo(covariance[5 * a]!, 13));
  });

  it("diffuses along flat directions when isotropic, and leaves them alone when aligned", () => {
    const options = { eigenvalues: Float64Array.of(1, 0), learningRate: 0.5 };
    const isotropic = noiseModelStability("additive isotropic", options);
    expect([...isotropic.stationary!]).toEqual(
      [1 / 3, Infinity].map((value) => (value === Infinity ? value : (expect.closeTo(value, 14) as number))),
    );
    expect(isotropic.stationaryLoss).toBeCloseTo(1 / 6, 14);
    expect(noiseModelStability("additive aligned", options).stationary![1]).toBe(0);
  });
});

describe("the ablation at equal total variance", () => {
  it("leaves only aligned noise in proportion to the loss with a threshold that ignores the number of parameters", () => {
    const at = (parameters: number) =>
      noiseAblation({ eigenvalues: spectrum, parameters, learningRate: 0.1, loss: 2 }).map(
        ({ criticalLearningRate }) => criticalLearningRate,
      );
    const [few, many] = [at(4), at(1e6)];
    expect(few[3]).toBe(many[3]);
    expect(few[3]).toBeLessThan(0.25);
    expect(few[2]).toBeLessThan(0.3);
    expect(many[2]).toBeCloseTo(0.5, 5);
    expect(many.slice(0, 2)).toEqual([0.5, 0.5]);
  });

  it("gives each noise the trace of 2LH", () => {
    const [trace, parameters, loss] = [7.3, 10, 2];
    const totals = noiseAblation({ eigenvalues: spectrum, parameters, learningRate: 0.1, loss }).map(
      ({ model, strength }) =>
        strength * (model.startsWith("loss") ? 2 * loss : 1) * (model.endsWith("aligned") ? trace : parameters),
    );
    totals.forEach((total) => expect(total).toBeCloseTo(2 * loss * trace, 12));
    expect(() => noiseAblation({ eigenvalues: spectrum, parameters: 3, learningRate: 0.1 })).toThrow(StabilityError);
  });
});
