import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  alignmentAlong,
  gramSystemFromJacobian,
  noiseCovariance,
  noiseStrength,
  noiseStructure,
} from "../../src/index.js";
import { gaussianAlignmentAlong, gaussianMinibatchCovariance, gaussianNoise } from "../../src/gaussian-design.js";
import { gaussianExamples, randomDesign } from "./quadrature.js";

const identity = (d: number): Float64Array =>
  Float64Array.from({ length: d * d }, (_, o) => (o % (d + 1) === 0 ? 1 : 0));

describe.each([0, 0.8])("linear regression on Gaussian inputs, label noise %d", (deviation) => {
  const labelVariance = deviation ** 2;

  it("has the covariances of examples with Gaussian moments", () => {
    for (let seed = 0; seed < 5; seed++) {
      const { factor, covariance, offset } = randomDesign(seed);
      const { gradients, residuals } = gaussianExamples(factor, offset, deviation);
      const expected = noiseCovariance(gradients, { examples: residuals.length, batchSize: 1 });
      const found = gaussianNoise({ covariance, offset, labelVariance });
      const scale = Math.max(...expected.uncentred.map(Math.abs));
      for (let o = 0; o < 9; o++) {
        expect(Math.abs(found.uncentred[o]! - expected.uncentred[o]!)).toBeLessThan(1e-13 * scale);
        expect(Math.abs(found.centred[o]! - expected.centred[o]!)).toBeLessThan(1e-13 * scale);
      }
      found.gradient.forEach((value, a) => expect(value).toBeCloseTo(expected.gradient[a]!, 11));
    }
  });

  it("has their alignment factors, loss and noise strength", () => {
    const { factor, covariance, offset } = randomDesign(11);
    const { inputs, residuals } = gaussianExamples(factor, offset, deviation);
    const system = gramSystemFromJacobian(inputs, residuals, { examples: residuals.length, outputs: 1 });
    const expected = noiseStructure(system);
    const found = gaussianNoise({ covariance, offset, labelVariance });
    expect(found.alignmentFactor).toBeCloseTo(expected.alignmentFactor!, 12);
    expect(found.uncentredAlignmentFactor).toBeCloseTo(expected.uncentredAlignmentFactor!, 12);
    expect(found.loss / expected.loss).toBeCloseTo(1, 12);
    expect(found.traceNoise / noiseStrength(system).strength).toBeCloseTo(1, 12);
  });

  it("has their alignment along any direction", () => {
    const { factor, covariance, offset, random } = randomDesign(12);
    const { inputs, residuals } = gaussianExamples(factor, offset, deviation);
    for (let k = 0; k < 10; k++) {
      const v = gaussian(3, random);
      const derivatives = Float64Array.from(residuals, (_, i) =>
        v.reduce((sum, value, a) => sum + value * inputs[3 * i + a]!, 0),
      );
      const expected = alignmentAlong(derivatives, residuals, { examples: residuals.length, outputs: 1 });
      const found = gaussianAlignmentAlong({ covariance, offset, labelVariance }, v);
      for (const name of ["curvature", "noise", "uncentredNoise", "alignment", "uncentredAlignment", "slope"] as const)
        expect(found[name]! / expected[name]!).toBeCloseTo(1, 11);
    }
  });

  it("is the covariance of a minibatch over S, averaged over parameters", () => {
    const { covariance, random } = randomDesign(13);
    const offsets = [gaussian(3, random), gaussian(3, random)];
    const parameterCovariance = Float64Array.from({ length: 9 }, (_, o) =>
      offsets.reduce((sum, delta) => sum + (delta[Math.floor(o / 3)]! * delta[o % 3]!) / 2, 0),
    );
    const found = gaussianMinibatchCovariance({
      inputCovariance: covariance,
      parameterCovariance,
      labelVariance,
      batchSize: 4,
    });
    const each = offsets.map((offset) => gaussianNoise({ covariance, offset, labelVariance }).centred);
    for (let o = 0; o < 9; o++) expect(found[o]).toBeCloseTo((each[0]![o]! + each[1]![o]!) / 8, 11);
  });
});

describe("alignment of linear regression on Gaussian inputs", () => {
  it("is μ = 1 + 1/d and μ₁ = 1 + 2/d for isotropic inputs, anywhere", () => {
    const random = seededRandom(1);
    for (const d of [1, 2, 7, 40]) {
      const found = gaussianNoise({ covariance: identity(d).map((x) => 0.3 * x), offset: gaussian(d, random) });
      expect(found.alignmentFactor).toBeCloseTo(1 + 1 / d, 13);
      expect(found.uncentredAlignmentFactor).toBeCloseTo(1 + 2 / d, 13);
    }
  });

  it("lies in [1, 2] centred and [1, 3] uncentred, with the upper ends along δ", () => {
    for (let seed = 0; seed < 200; seed++) {
      const { covariance, offset, random } = randomDesign(seed);
      const { alignmentFactor, uncentredAlignmentFactor } = gaussianNoise({ covariance, offset });
      const along = gaussianAlignmentAlong({ covariance, offset }, gaussian(3, random));
      for (const value of [alignmentFactor!, along.alignment!]) {
        expect(value).toBeGreaterThanOrEqual(1);
        expect(value).toBeLessThanOrEqual(2 + 1e-12);
      }
      for (const value of [uncentredAlignmentFactor!, along.uncentredAlignment!]) {
        expect(value).toBeGreaterThanOrEqual(1);
        expect(value).toBeLessThanOrEqual(3 + 1e-12);
      }
      const top = gaussianAlignmentAlong({ covariance, offset }, offset);
      expect(top.alignment).toBeCloseTo(2, 12);
      expect(top.uncentredAlignment).toBeCloseTo(3, 12);
    }
  });

  it("is 1 across the gradient, where decoupling is exact", () => {
    const found = gaussianAlignmentAlong(
      { covariance: identity(2), offset: Float64Array.of(1, 0) },
      Float64Array.of(0, 5),
    );
    expect(found.alignment).toBe(1);
    expect(found.uncentredAlignment).toBe(1);
  });

  it("is 1 + 2δᵀA³δ/(δᵀAδ·Tr A²) uncentred", () => {
    const found = gaussianNoise({ covariance: Float64Array.of(3, 0, 0, 1), offset: Float64Array.of(1, 2) });
    expect(found.uncentredAlignmentFactor).toBeCloseTo(1 + (2 * (27 + 4)) / ((3 + 4) * 10), 14);
  });

  it.each([
    [20, 0.42],
    [100, 0.2],
    [400, 0.1],
  ])("decouples only in high dimension: relative error 2/√(d + 3) at d = %d, %d", (d, rounded) => {
    const offset = gaussian(d, seededRandom(d));
    const { decouplingError, traceNoise, gradient } = gaussianNoise({ covariance: identity(d), offset });
    expect(decouplingError).toBeCloseTo(2 / Math.sqrt(d + 3), 13);
    expect(decouplingError).toBeCloseTo(rounded, 2);
    const squared = gradient.reduce((sum, value) => sum + value * value, 0);
    expect((2 * squared) / traceNoise).toBeCloseTo(2 / (d + 1), 13);
  });

  it("has no value at the minimum of zero loss, and refuses what is no covariance", () => {
    const none = gaussianNoise({ covariance: identity(2), offset: new Float64Array(2) });
    expect(none.alignmentFactor).toBeUndefined();
    expect(none.decouplingError).toBeUndefined();
    expect(
      gaussianAlignmentAlong({ covariance: identity(2), offset: Float64Array.of(1, 0) }, new Float64Array(2)).alignment,
    ).toBeUndefined();
    const offset = Float64Array.of(1, 1);
    expect(() => gaussianNoise({ covariance: Float64Array.of(1, 2, 3, 4), offset })).toThrow(/symmetric/);
    expect(() => gaussianNoise({ covariance: Float64Array.of(-1, 0, 0, -1), offset })).toThrow(/semidefinite/);
    expect(() => gaussianNoise({ covariance: Float64Array.of(1, 0, 0), offset })).toThrow(/4 numbers, got 3/);
    expect(() => gaussianNoise({ covariance: identity(2), offset, labelVariance: -1 })).toThrow(/labelVariance/);
  });
});
