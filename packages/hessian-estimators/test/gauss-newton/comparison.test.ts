import { describe, expect, test } from "vitest";
import { comparison, type GaussNewtonSplit, type Squares } from "../../src/gauss-newton/comparison.js";

const squares = (hessian: number, gaussNewton: number, difference: number): Squares => ({
  hessian,
  gaussNewton,
  difference,
});
const nothing = squares(0, 0, 0);
const cost = { matvecs: 12, precision: 0 };
const quantities = ["hessian", "gaussNewton", "difference", "relativeDifference", "cosine"] as const;
const values = (found: GaussNewtonSplit): number[] => quantities.map((key) => found[key].value);

/** The five quantities as functions of the three squares. */
const formulas: Record<(typeof quantities)[number], (h: number, g: number, d: number) => number> = {
  hessian: (h) => Math.sqrt(h),
  gaussNewton: (_, g) => Math.sqrt(g),
  difference: (_h, _g, d) => Math.sqrt(d),
  relativeDifference: (h, _, d) => Math.sqrt(d / h),
  cosine: (h, g, d) => (h + g - d) / (2 * Math.sqrt(h * g)),
};

describe("a Hessian beside its Gauss–Newton part", () => {
  test("is a triangle with sides 5, 4 and 3 where everything is known", () => {
    const found = comparison(squares(25, 16, 9), [], cost);
    expect(values(found)).toEqual([5, 4, 3, 0.6, 0.8]);
    expect(found.matvecs).toBe(12);
    for (const key of quantities)
      expect(found[key]).toMatchObject({ standardError: 0, samples: 0, matvecs: 12, converged: true });
  });

  test("adds what is known to the mean of what probes say", () => {
    const found = comparison(squares(20, 10, 5), [squares(4, 6, 3), squares(6, 6, 5)], cost);
    expect(values(found)).toEqual([5, 4, 3, 0.6, 0.8]);
    for (const key of quantities) expect(found[key].samples).toBe(2);
  });

  test("has the standard errors of the delta method, correlations of the squares among probes included", () => {
    const probes = [squares(24, 15, 8), squares(27, 18, 8.5), squares(23, 14, 11), squares(26, 17, 8.5)];
    const at = [25, 16, 9] as const;
    const found = comparison(nothing, probes, cost);
    for (const key of quantities) {
      const f = formulas[key];
      const slope = at.map((value, k) => {
        const moved = (sign: number): number => {
          const [h, g, d] = at.map((x, l) => (l === k ? value * (1 + sign * 1e-6) : x)) as [number, number, number];
          return f(h, g, d);
        };
        return (moved(1) - moved(-1)) / (2e-6 * value);
      });
      const along = probes.map((p) => slope[0]! * p.hessian + slope[1]! * p.gaussNewton + slope[2]! * p.difference);
      const mean = along.reduce((sum, x) => sum + x, 0) / 4;
      const variance = along.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 3 / 4;
      expect(found[key].value, key).toBeCloseTo(f(...at), 12);
      expect(found[key].standardError, key).toBeCloseTo(Math.sqrt(variance), 7);
    }
  });

  test("is nowhere more accurate than the rounding of the larger operator's products", () => {
    const same = [squares(25, 16, 9), squares(25, 16, 9)];
    const rounded = comparison(nothing, same, { ...cost, precision: 1e-7 });
    for (const key of ["hessian", "gaussNewton", "difference"] as const)
      expect(rounded[key].standardError).toBeCloseTo(5e-7, 15);
    // d(d/h)^½ = (0.5/(3·5))·dd − (0.3/25)·dh with dd = 2·3·5e-7 and dh = 2·5·5e-7.
    expect(rounded.relativeDifference.standardError).toBeCloseTo(Math.hypot((0.5 / 15) * 3e-6, (0.6 / 50) * 5e-6), 15);
    const larger = comparison(nothing, [squares(9, 100, 1), squares(9, 100, 1)], { ...cost, precision: 1e-7 });
    expect(larger.hessian.standardError).toBeCloseTo(10e-7, 15);
  });

  test("of zero operators is zero, with no angle, and equal ones have an angle of zero", () => {
    expect(values(comparison(nothing, [], cost))).toEqual([0, 0, 0, 0, 0]);
    const none = comparison(nothing, [nothing, nothing], { ...cost, precision: 1e-7 });
    for (const key of quantities) expect(none[key]).toMatchObject({ value: 0, standardError: 0 });
    const equal = comparison(nothing, [squares(4, 4, 0), squares(6, 6, 0)], cost);
    expect(equal.relativeDifference).toMatchObject({ value: 0, standardError: 0 });
    expect(equal.cosine.value).toBe(1);
    expect(equal.cosine.standardError).toBeLessThan(1e-15);
    expect(values(comparison(squares(0, 16, 16), [], cost))).toEqual([0, 4, 4, 0, 0]);
  });
});
