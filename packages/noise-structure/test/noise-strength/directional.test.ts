import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { alignmentAlong, directionalAlignment, gramSpectrum, noiseCovariance } from "../../src/index.js";
import { randomProblem } from "./problems.js";

const apply = (jacobian: Float64Array, v: Float64Array): Float64Array =>
  Float64Array.from({ length: jacobian.length / v.length }, (_, c) =>
    v.reduce((sum, value, a) => sum + value * jacobian[c * v.length + a]!, 0),
  );

describe("noise along any direction", () => {
  it.each([1, 3])("is that of dense matrices, %d outputs", (outputs) => {
    const random = seededRandom(1);
    for (let seed = 0; seed < 20; seed++) {
      const { system, jacobian, parameters: p, gradients } = randomProblem(seed, outputs);
      const v = gaussian(p, random);
      const form = (m: Float64Array): number => m.reduce((sum, x, o) => sum + x * v[Math.floor(o / p)]! * v[o % p]!, 0);
      const { centred, uncentred, gradient } = noiseCovariance(gradients, { examples: system.examples, batchSize: 1 });
      const found = alignmentAlong(apply(jacobian, v), system.residuals, system);
      expect(found.noise).toBeCloseTo(form(centred), 11);
      expect(found.uncentredNoise).toBeCloseTo(form(uncentred), 11);
      expect(found.slope).toBeCloseTo(
        v.reduce((sum, x, a) => sum + x * gradient[a]!, 0),
        12,
      );
      const scaled = alignmentAlong(
        apply(
          jacobian,
          v.map((x) => -3 * x),
        ),
        system.residuals,
        system,
      );
      expect(scaled.alignment).toBeCloseTo(found.alignment!, 12);
      expect(scaled.curvature / found.curvature).toBeCloseTo(9, 12);
    }
  });

  it.each([1, 2])("is that of eigenvectors along eigenvectors, %d outputs", (outputs) => {
    const { system, jacobian, parameters: p } = randomProblem(12, outputs, { examples: 5, parameters: 4 });
    const spectrum = gramSpectrum(system);
    const size = system.residuals.length;
    directionalAlignment(system, { spectrum }).forEach((expected, k) => {
      const v = new Float64Array(p);
      for (let c = 0; c < size; c++)
        for (let a = 0; a < p; a++) v[a]! += spectrum.vectors[k * size + c]! * jacobian[c * p + a]!;
      const found = alignmentAlong(apply(jacobian, v), system.residuals, system);
      expect(found.alignment).toBeCloseTo(expected.alignment!, 10);
      expect(found.uncentredAlignment).toBeCloseTo(expected.uncentredAlignment!, 10);
    });
  });

  it("has no alignment along flat directions or at zero loss", () => {
    const shape = { examples: 2, outputs: 1 };
    expect(alignmentAlong([0, 0], [1, 2], shape).alignment).toBeUndefined();
    expect(alignmentAlong([1, 2], [0, 0], shape).alignment).toBeUndefined();
    expect(() => alignmentAlong([1], [1, 2], shape)).toThrow(/derivatives \[2 × 1\], 2 numbers, got 1/);
  });
});
