import { confidenceInterval, HessianEstimatorsError } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";

const estimate = (samples: number): Parameters<typeof confidenceInterval>[0] => ({
  value: 10,
  standardError: 1,
  matvecs: samples,
  samples,
  converged: true,
});

describe("confidenceInterval", () => {
  test.each([
    // Student's t from tables.
    [2, 0.95, 12.7062],
    [3, 0.95, 4.30265],
    [4, 0.95, 3.18245],
    [5, 0.9, 2.13185],
    [11, 0.95, 2.22814],
    [12, 0.99, 3.10581],
    [121, 0.95, 1.97993],
    [1001, 0.95, 1.96234],
  ])("reaches as far as Student's t for %i samples at %d", (samples, level, t) => {
    const { lower, upper } = confidenceInterval(estimate(samples), level);
    expect(upper - 10).toBeCloseTo(t, 4);
    expect(10 - lower).toBeCloseTo(t, 4);
  });

  test("has no width for an exact value", () => {
    expect(confidenceInterval({ ...estimate(0), standardError: 0 })).toEqual({ lower: 10, upper: 10 });
  });

  test("reaches further on the side of the tail, as Hall's transformation does", () => {
    const skewness = 2;
    const { lower, upper } = confidenceInterval({ ...estimate(16), skewness });
    // g(T) = T + aT²/3 + a²T³/27 + a/6 with a = γ/√m takes both ends to ±t.
    const a = skewness / 4;
    const g = (x: number): number => x + (a * x ** 2) / 3 + (a ** 2 * x ** 3) / 27 + a / 6;
    expect(g(10 - lower)).toBeCloseTo(2.13145, 4);
    expect(g(10 - upper)).toBeCloseTo(-2.13145, 4);
    expect(upper - 10).toBeGreaterThan(1.5 * (10 - lower));
    const mirrored = confidenceInterval({ ...estimate(16), skewness: -skewness });
    expect(mirrored.upper - 10).toBeCloseTo(10 - lower, 12);
    expect(10 - mirrored.lower).toBeCloseTo(upper - 10, 12);
  });

  test("of a norm is the root of that of its square, not below the part that is known", () => {
    const { lower, upper } = confidenceInterval({ ...estimate(16), known: 64 });
    expect(upper).toBeCloseTo(Math.sqrt(100 + 20 * 2.13145), 4);
    expect(lower).toBe(8);
    expect(confidenceInterval({ ...estimate(16), known: 9 }).lower).toBeCloseTo(Math.sqrt(100 - 20 * 2.13145), 4);
  });

  test("is wider by a bias on both sides", () => {
    const [plain, wide] = [confidenceInterval(estimate(9)), confidenceInterval({ ...estimate(9), bias: 0.5 })];
    expect(plain.lower - wide.lower).toBeCloseTo(0.5, 12);
    expect(wide.upper - plain.upper).toBeCloseTo(0.5, 12);
  });

  test("refuses what is no probability, or has no samples", () => {
    expect(() => confidenceInterval(estimate(5), 1)).toThrow(HessianEstimatorsError);
    expect(() => confidenceInterval(estimate(1))).toThrow("estimate.samples");
  });
});
