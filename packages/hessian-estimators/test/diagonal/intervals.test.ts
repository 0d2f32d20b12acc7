import { diagonalIntervals, type DiagonalEstimate } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";

const diagonal = (errors: number[], samples: number): DiagonalEstimate => ({
  values: Float64Array.of(1, -2, 0),
  standardErrors: Float64Array.from(errors),
  matvecs: samples,
  samples,
  converged: true,
});

describe("the intervals of a diagonal", () => {
  test.each([
    // Student's t from tables, for samples − 1 degrees of freedom.
    [11, undefined, 2.22814],
    [5, 0.9, 2.13185],
    [2, 0.95, 12.7062],
  ])("of %i samples at level %d reach t standard errors", (samples, level, t) => {
    const { lower, upper } = diagonalIntervals(diagonal([0.5, 0, 2], samples), level);
    expect([...lower]).toEqual([1 - 0.5 * t, -2, -2 * t].map((x) => expect.closeTo(x, 3) as number));
    expect([...upper]).toEqual([1 + 0.5 * t, -2, 2 * t].map((x) => expect.closeTo(x, 3) as number));
  });

  test("of exact entries have no width, whatever the samples", () => {
    const { lower, upper } = diagonalIntervals(diagonal([0, 0, 0], 0));
    expect([...lower]).toEqual([1, -2, 0]);
    expect([...upper]).toEqual([1, -2, 0]);
  });
});
