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

  test("refuses what is no probability, or has no samples", () => {
    expect(() => confidenceInterval(estimate(5), 1)).toThrow(HessianEstimatorsError);
    expect(() => confidenceInterval(estimate(1))).toThrow("estimate.samples");
  });
});
