import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { samEdge } from "../../src/optimizers.js";

/** A step of full-batch SAM on ½ Σ λ_k θ_k². */
function step(curvatures: readonly number[], at: readonly number[], learningRate: number, radius: number): number[] {
  const gradient = at.map((value, k) => curvatures[k]! * value);
  const norm = Math.hypot(...gradient);
  return at.map((value, k) => value - learningRate * curvatures[k]! * (value + (radius * gradient[k]!) / norm));
}

const positive = fc.double({ min: 1e-3, max: 1e3, noNaN: true });

describe("samEdge", () => {
  it("is the positive root of ηλ(1 + ρλ/‖∇L‖) = 2", () => {
    fc.assert(
      fc.property(positive, positive, positive, (learningRate, radius, gradientNorm) => {
        const edge = samEdge({ learningRate, radius, gradientNorm });
        expect(learningRate * edge * (1 + (radius * edge) / gradientNorm)).toBeCloseTo(2, 9);
        expect(edge).toBeGreaterThan(0);
      }),
    );
  });

  it("is (‖∇L‖/2ρ)(√(1 + 8ρ/(η‖∇L‖)) − 1)", () => {
    const [learningRate, radius, gradientNorm] = [0.3, 0.7, 1.1];
    expect(samEdge({ learningRate, radius, gradientNorm })).toBeCloseTo(
      (gradientNorm / (2 * radius)) * (Math.sqrt(1 + (8 * radius) / (learningRate * gradientNorm)) - 1),
      12,
    );
  });

  it("is where a step along an eigenvector keeps its length: beyond it grows, below it shrinks", () => {
    fc.assert(
      fc.property(positive, positive, positive, (learningRate, radius, gradientNorm) => {
        const edge = samEdge({ learningRate, radius, gradientNorm });
        const factor = (curvature: number): number => {
          // The second mode is flat, and at rest.
          const [first] = step([curvature, 0], [gradientNorm / curvature, 0], learningRate, radius) as [number];
          return first / (gradientNorm / curvature);
        };
        expect(factor(edge * 1.001)).toBeLessThan(-1);
        expect(Math.abs(factor(edge * 0.999))).toBeLessThan(1);
      }),
    );
  });

  it("is the same along one mode among others whose gradients share the norm", () => {
    const [learningRate, radius, at] = [0.2, 0.05, [0.3, -0.7, 2]];
    const norm = (top: number): number => Math.hypot(top * at[0]!, 1.5 * at[1]!, 0.2 * at[2]!);
    const growth = (top: number): number => Math.abs(step([top, 1.5, 0.2], at, learningRate, radius)[0]! / at[0]!);
    const distance = (top: number): number => top / samEdge({ learningRate, radius, gradientNorm: norm(top) });
    for (const top of [5, 7, 9, 9.3, 9.6, 10, 12]) expect(growth(top) > 1, String(top)).toBe(distance(top) > 1);
    expect([growth(5) > 1, growth(12) > 1]).toEqual([false, true]);
  });

  it("is where a run on a quadratic bounces, from inside and from outside, at 0.6 of 2/η alike", () => {
    const [learningRate, radius, curvature] = [0.1, 0.05, 12];
    for (const start of [1e-6, 10]) {
      let at = [start];
      for (let t = 0; t < 500; t++) at = step([curvature], at, learningRate, radius);
      const gradientNorm = curvature * Math.abs(at[0]!);
      expect(curvature / samEdge({ learningRate, radius, gradientNorm })).toBeCloseTo(1, 9);
    }
  });

  it("is 2/η without a radius and √(2‖∇L‖/(ηρ)) for a large one", () => {
    const [learningRate, gradientNorm] = [0.1, 3];
    expect(samEdge({ learningRate, radius: 1e-14, gradientNorm })).toBeCloseTo(20, 10);
    const far = samEdge({ learningRate, radius: 1e12, gradientNorm });
    expect(far / Math.sqrt((2 * gradientNorm) / (learningRate * 1e12))).toBeCloseTo(1, 5);
  });

  it.each(["learningRate", "radius", "gradientNorm"])("refuses a %s that is not positive and finite", (name) => {
    for (const value of [0, -1, NaN, Infinity])
      expect(() => samEdge({ learningRate: 1, radius: 1, gradientNorm: 1, [name]: value })).toThrow(
        `samEdge: expected options.${name} to be positive and finite, got ${value}.`,
      );
  });
});
