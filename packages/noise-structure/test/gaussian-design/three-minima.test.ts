import { describe, expect, it } from "vitest";
import { noiseCovariance } from "../../src/index.js";
import { gaussianMinibatchCovariance, gaussianNoise, minimumNoise } from "../../src/gaussian-design.js";
import { randomProblem } from "../noise-strength/problems.js";
import { randomDesign } from "./quadrature.js";

const outer = (v: Float64Array): Float64Array =>
  Float64Array.from({ length: v.length ** 2 }, (_, o) => v[Math.floor(o / v.length)]! * v[o % v.length]!);

describe("the noise at three kinds of minima", () => {
  it("is exact with weight decay where all squared residuals are equal", () => {
    const { jacobian, system } = randomProblem(3, 1, { examples: 6, parameters: 3 });
    const residuals = system.residuals.map((r) => 0.5 * Math.sign(r));
    const gradients = jacobian.map((value, o) => value * residuals[Math.floor(o / 3)]!);
    const hessian = noiseCovariance(jacobian, { examples: 6, batchSize: 1 }).uncentred;
    const batches = { examples: 6, batchSize: 2, sampling: "with-replacement" } as const;
    const { minibatch, gradient } = noiseCovariance(gradients, batches);
    const found = minimumNoise({ hessian, loss: 0.125, batchSize: 2, weightDecayGradient: gradient.map((g) => -g) });
    expect(found.kind).toBe("regularized");
    minibatch.forEach((value, o) => expect(found.covariance[o]).toBeCloseTo(value, 14));
  });

  it("is 2L₀H₀/S without weight decay: the Gaussian noise at the minimum with label noise", () => {
    const { covariance } = randomDesign(2);
    const exact = gaussianNoise({ covariance, offset: new Float64Array(3), labelVariance: 0.6 });
    for (const weightDecayGradient of [undefined, new Float64Array(3)]) {
      const found = minimumNoise({
        hessian: covariance,
        loss: 0.3,
        batchSize: 5,
        ...(weightDecayGradient && { weightDecayGradient }),
      });
      expect(found.kind).toBe("positive loss");
      exact.centred.forEach((value, o) => expect(found.covariance[o]).toBeCloseTo(value / 5, 13));
    }
  });

  it("differs from Gaussian noise by 2∇L∇Lᵀ/S with weight decay and by 2HΣH/S at zero loss", () => {
    const { covariance, offset } = randomDesign(4);
    const exact = gaussianNoise({ covariance, offset });
    const decayed = minimumNoise({
      hessian: covariance,
      loss: exact.loss,
      batchSize: 2,
      weightDecayGradient: exact.gradient,
    });
    const rankOne = outer(exact.gradient);
    rankOne.forEach((value, o) => expect(exact.centred[o]! / 2 - decayed.covariance[o]!).toBeCloseTo(value, 11));

    const fluctuation = outer(offset).map((value) => 1e-3 * value);
    const zero = minimumNoise({ hessian: covariance, loss: 0, batchSize: 2, fluctuation });
    expect(zero.kind).toBe("zero loss");
    const lemma = gaussianMinibatchCovariance({
      inputCovariance: covariance,
      parameterCovariance: fluctuation,
      batchSize: 2,
    });
    rankOne.forEach((value, o) => expect(lemma[o]! - zero.covariance[o]!).toBeCloseTo(1e-3 * value, 13));
  });

  it("vanishes at a minimum of zero loss", () => {
    const { covariance } = randomDesign(5);
    const found = minimumNoise({ hessian: covariance, loss: 1e-25, batchSize: 1 });
    expect(found.kind).toBe("zero loss");
    expect(found.covariance.every((value) => value === 0)).toBe(true);
  });

  it("refuses weight decay that pulls at zero loss, and a negative loss", () => {
    const { covariance } = randomDesign(5);
    expect(() =>
      minimumNoise({ hessian: covariance, loss: 0, batchSize: 1, weightDecayGradient: Float64Array.of(1, 0, 0) }),
    ).toThrow(/where the loss is 0/);
    expect(() => minimumNoise({ hessian: covariance, loss: -1, batchSize: 1 })).toThrow(/loss/);
    expect(() => minimumNoise({ hessian: Float64Array.of(1, 2, 3), loss: 1, batchSize: 1 })).toThrow(
      /4 numbers, got 3/,
    );
  });
});
