import {
  deflatedNorm,
  diagonalIntervals,
  hutchinsonNorm,
  hutchinsonTrace,
  hutchPlusPlusTrace,
  curvature,
  xDiagonal,
  xTrace,
  type DiagonalEstimate,
  type LinearOperator,
  type SampledEstimate,
} from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { deviation, mean, withSpectrum } from "./support.js";

const SIZE = 120;

/** Products as a Float32 device computes them: factors and every partial sum rounded. */
function single(spectrum: readonly number[]): LinearOperator {
  const matrix = Float32Array.from(withSpectrum(spectrum).matrix);
  return {
    size: SIZE,
    apply(v) {
      const x = Float32Array.from(v);
      const image = Float64Array.from(x, (_, i) => {
        let sum = 0;
        for (let j = 0; j < SIZE; j++) sum = Math.fround(sum + Math.fround(matrix[i * SIZE + j]! * x[j]!));
        return sum;
      });
      return Promise.resolve(image);
    },
  };
}

const lowRank = single([3000, 2000, -1000, ...new Array<number>(SIZE - 3).fill(0)]);
const identity = single(new Array<number>(SIZE).fill(1000));

const estimators: [string, (operator: LinearOperator, seed: number) => Promise<SampledEstimate>][] = [
  ["hutchinsonTrace", (a, seed) => hutchinsonTrace(a, { seed, maxMatvecs: 36 })],
  ["hutchPlusPlusTrace", (a, seed) => hutchPlusPlusTrace(a, { seed, maxMatvecs: 36 })],
  ["xTrace", (a, seed) => xTrace(a, { seed, maxMatvecs: 36 })],
  ["hutchinsonNorm", (a, seed) => hutchinsonNorm(a, { seed, maxMatvecs: 36 })],
  ["deflatedNorm", (a, seed) => deflatedNorm(a, { seed, maxMatvecs: 36 })],
  ["curvature, trace", async (a, seed) => (await curvature(a, { seed, maxMatvecs: 60, diagonal: false })).trace],
  ["curvature, norm", async (a, seed) => (await curvature(a, { seed, maxMatvecs: 60, diagonal: false })).norm],
];

describe.each([
  ["of rank 3", lowRank],
  ["that is a multiple of the identity", identity],
])("with Float32 products of a matrix %s", (_name, operator) => {
  test.each(estimators)("seeds spread no wider than the error bar of %s", async (_label, estimate) => {
    const runs: SampledEstimate[] = [];
    for (let seed = 0; seed < 12; seed++) runs.push(await estimate(operator, seed));
    const bar = mean(runs.map(({ standardError }) => standardError));
    // The deviation of 12 runs is above 1.8 times its expectation in fewer than one case in a thousand.
    // Means of 1000 and more carry the rounding of Float64.
    const value = Math.abs(mean(runs.map((run) => run.value)));
    expect(deviation(runs.map((run) => run.value))).toBeLessThan(1.8 * bar + 1e-14 * value);
    expect(bar).toBeLessThan(0.5 * value);
  });

  test("entries of the diagonal spread no wider than their error bars", async () => {
    const runs: DiagonalEstimate[] = [];
    for (let seed = 0; seed < 12; seed++) runs.push(await xDiagonal(operator, { seed, maxMatvecs: 36 }));
    const wide = runs[0]!.values.filter((_, i) => {
      const bar = mean(runs.map(({ standardErrors }) => standardErrors[i]!));
      return deviation(runs.map(({ values }) => values[i]!)) > 1.8 * bar;
    });
    expect(wide.length).toBeLessThanOrEqual(2);
    const { lower, upper } = diagonalIntervals(runs[0]!);
    lower.forEach((x, i) => expect(x).toBeLessThan(upper[i]!));
  });
});
