import { checkMoments, spectralMoments } from "@sgdscope/hessian-estimators/density";
import { describe, expect, test } from "vitest";

const run = (nodes: number[], weights: number[]) => ({
  nodes: Float64Array.from(nodes),
  weights: Float64Array.from(weights),
});
/** Two probes with the moments 2 and 5, and 3.5 and 13. */
const quadrature = { size: 10, matvecs: 4, runs: [run([1, 3], [0.5, 0.5]), run([2, 4], [0.25, 0.75])] };
const exact = { size: 10, matvecs: 4, runs: [run([1, 3], [0.5, 0.5]), run([1, 3], [0.5, 0.5])] };
const trace = (value: number, standardError = 0) => ({ value, standardError });

describe("the moments of a density", () => {
  test("are means over the probes with their standard errors", () => {
    const { values, standardErrors } = spectralMoments(quadrature, 3);
    expect([...values]).toEqual([1, 2.75, 9]);
    expect([...standardErrors]).toEqual([0, 0.75, 4]);
  });

  test("differ from trace and norm by so many standard errors of both", () => {
    const norm = Math.sqrt(10 * 4);
    const { first, second, consistent } = checkMoments(quadrature, {
      trace: trace(20, 10),
      norm: { value: norm, standardError: 30 / (2 * norm) },
    });
    expect(first).toEqual({
      density: 2.75,
      standardError: 0.75,
      expected: 2,
      deviation: expect.closeTo(0.6, 12) as number,
    });
    expect(second.expected).toBeCloseTo(4, 12);
    expect(second).toMatchObject({ density: 9, standardError: 4 });
    expect(second.deviation).toBeCloseTo(1, 12);
    expect(consistent).toBe(true);
  });

  test("of exact parts agree to rounding or not at all, trace and norm alike", () => {
    const norm = trace(Math.sqrt(50));
    expect(checkMoments(exact, { trace: trace(20), norm })).toMatchObject({
      first: { deviation: 0 },
      second: { deviation: 0 },
      consistent: true,
    });
    expect(checkMoments(exact, { trace: trace(20 * (1 + 1e-10)), norm }).consistent).toBe(true);
    expect(checkMoments(exact, { trace: trace(20 * (1 + 1e-8)), norm })).toMatchObject({
      first: { deviation: Infinity },
      consistent: false,
    });
    expect(checkMoments(exact, { trace: trace(20), norm: trace(Math.sqrt(51)) })).toMatchObject({
      first: { deviation: 0 },
      second: { deviation: Infinity },
      consistent: false,
    });
  });

  test("may differ as far as Student's distribution reaches in 999 of 1000 cases", () => {
    // 636.62 for one degree of freedom; the second moment has a wide error of its own.
    const norm = { value: Math.sqrt(90), standardError: 1e6 };
    for (const [deviation, consistent] of [
      [630, true],
      [640, false],
    ] as const)
      expect(checkMoments(quadrature, { trace: trace(10 * (2.75 + 0.75 * deviation)), norm }).consistent).toBe(
        consistent,
      );
  });
});
