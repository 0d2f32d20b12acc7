import { gramOfRows, multiply } from "@sgdscope/linear-algebra";
import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import { finiteLearningRateEscape } from "../../src/escape.js";
import { learningRateForVariance, momentumEdge, stationaryCovarianceWithMomentum } from "../../src/stationary.js";

const of = (...values: number[]): Float64Array => Float64Array.from(values);
const scalar = (hessian: number, noise: number, learningRate: number, momentum = 0) =>
  stationaryCovarianceWithMomentum({ hessian: of(hessian), noise: of(noise), learningRate, momentum });

describe("the stationary variance at a finite learning rate", () => {
  it("is 2/(2 − λk) times that of the continuous limit, without bound at λk → 2", () => {
    for (const pull of [0.01, 0.5, 1, 1.9, 1.999]) {
      const { covariance, continuousCovariance } = scalar(4, 0.7, pull / 4);
      expect(covariance[0]! / continuousCovariance[0]! / (2 / (2 - pull))).toBeCloseTo(1, 12);
    }
  });

  it("violates linear scaling (λ, S) → (βλ, βS) by (2 − λh)/(2 − βλh), and holds to it in the limit", () => {
    for (const [rate, beta] of [
      [0.1, 4],
      [0.3, 5],
      [0.5, 0.25],
      [1e-5, 4],
    ] as const) {
      const h = 1.3;
      const before = scalar(h, 2 / 8, rate).covariance[0]!;
      const after = scalar(h, 2 / (8 * beta), beta * rate).covariance[0]!;
      expect(after / before).toBeCloseTo((2 - rate * h) / (2 - beta * rate * h), 12);
      if (rate < 1e-4) expect(after / before).toBeCloseTo(1, 4);
    }
  });

  it("is solved for λ by 2kΣ(1 − μ)/(c + k²Σ(1 − μ)/(1 + μ))", () => {
    for (const momentum of [0, 0.5, 0.9]) {
      const [k, c, target] = [2, 3, 0.2];
      const rate = learningRateForVariance({ curvature: k, noise: c, variance: target, momentum });
      const keep = 1 - momentum;
      expect(rate).toBeCloseTo((2 * k * target * keep) / (c + (k * k * target * keep) / (1 + momentum)), 14);
      expect(scalar(k, c, rate, momentum).covariance[0]! / target).toBeCloseTo(1, 12);
    }
  });

  it("has momentum damp the edge to 2(1 + μ)/k, where the escape exponent −ΔL·S(1 − μ)(2 − λk/(1 + μ))/(λk) is 0", () => {
    const [curvature, momentum, S] = [5, 0.9, 16];
    expect(momentumEdge(curvature, momentum)).toBeCloseTo(3.8 / 5, 15);
    const exponent = (share: number): number =>
      finiteLearningRateEscape({
        barrier: 0.3,
        curvature,
        noise: curvature / S,
        learningRate: share * momentumEdge(curvature, momentum),
        momentum,
      }).exponent;
    expect(exponent(0.5)).toBeCloseTo((-0.3 * S * 0.1 * (2 - 1)) / (0.5 * 3.8), 12);
    expect(exponent(1 - 1e-12)).toBeCloseTo(0, 10);
  });
});

describe("the general equation with matrices that do not commute", () => {
  /** `ZZᵀ/d + shift·I`. */
  const positive = (shift: number, random: () => number): Float64Array => {
    const z = gaussian(16, random);
    return gramOfRows(z, 4, 4).map((value, k) => value / 4 + (k % 5 === 0 ? shift : 0));
  };

  it.each([0, 0.5, 0.9])(
    "is solved to rounding in four dimensions, and by the state (w, m) as well: μ = %d",
    (momentum) => {
      for (let seed = 0; seed < 20; seed++) {
        const random = seededRandom(seed);
        const [hessian, noise] = [positive(0.3, random), positive(0, random)];
        const matrix = positive(0.2, random).map((value) => 0.15 * value);
        for (const learningRate of [0.15, matrix]) {
          const dynamics = { hessian, noise, learningRate, momentum };
          const closed = stationaryCovarianceWithMomentum(dynamics);
          const state = stationaryCovarianceWithMomentum({ ...dynamics, method: "kronecker" });
          // Relative to ΛCΛ, which momentum makes small beside the terms that cancel.
          expect(closed.residual).toBeLessThan(1e-14 / (1 - momentum));
          const largest = Math.max(...closed.covariance);
          closed.covariance.forEach((value, k) =>
            expect(Math.abs(value - state.covariance[k]!)).toBeLessThan(1e-12 * largest),
          );
        }
      }
    },
  );
});

describe("the commuting closed form at a minimum of positive loss, C = 2L₀H₀/S", () => {
  it.each([0, 0.5, 0.9])(
    "is 2L₀/(S(1 − μ))·P_rΛ(2I − ΛH₀/(1 + μ))⁻¹, and 0 off the range of H₀: μ = %d",
    (momentum) => {
      // H₀ of rank two in three dimensions, in rotated axes; Λ commutes with it.
      const [loss, S] = [0.35, 6];
      const [c, s] = [0.6, 0.8];
      const axes = of(c, s, 0, -s, c, 0, 0, 0, 1);
      const turned = (values: number[]): Float64Array =>
        Float64Array.from({ length: 9 }, (_, k) =>
          values.reduce((sum, value, a) => sum + value * axes[3 * a + Math.floor(k / 3)]! * axes[3 * a + (k % 3)]!, 0),
        );
      const [curvatures, rates] = [
        [3, 0.7, 0],
        [0.2, 0.4, 0.3],
      ];
      const hessian = turned(curvatures);
      const { covariance, residual } = stationaryCovarianceWithMomentum({
        hessian,
        noise: hessian.map((value) => (2 * loss * value) / S),
        learningRate: turned(rates),
        momentum,
      });
      expect(residual).toBeLessThan(1e-13);
      const expected = turned(
        curvatures.map((h, a) =>
          h === 0 ? 0 : ((2 * loss) / (S * (1 - momentum))) * (rates[a]! / (2 - (rates[a]! * h) / (1 + momentum))),
        ),
      );
      expected.forEach((value, k) => expect(covariance[k]).toBeCloseTo(value, 14));
      expect(multiply(covariance, of(0, 0, 1), 3, 3, 1)[2]).toBeCloseTo(0, 15);
    },
  );
});
