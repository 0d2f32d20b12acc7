import { seededRandom } from "@sgdscope/random";
import { hutchinsonTrace } from "@sgdscope/hessian-estimators";
import { lanczosQuadrature, spectralDensity } from "@sgdscope/hessian-estimators/density";
import { traceOfFunction } from "@sgdscope/hessian-estimators/functions";
import { describe, expect, test } from "vitest";
import { frobenius, mean, sum, TINY_CNN, withSpectrum } from "../support.js";

const cnn = withSpectrum(TINY_CNN);

describe("stochastic Lanczos quadrature", () => {
  test("has weights that sum to 1 and the first moments of its own probes", async () => {
    const quadrature = await lanczosQuadrature(cnn, { random: seededRandom(2), probes: 6, steps: 10 });
    expect(quadrature.matvecs).toBe(60);
    for (const { weights } of quadrature.runs) expect(sum(weights)).toBeCloseTo(1, 12);
    const same = await hutchinsonTrace(cnn, { random: seededRandom(2), maxMatvecs: 6 });
    const trace = traceOfFunction(quadrature, (x) => x);
    expect(trace.value).toBeCloseTo(same.value, 9);
    expect(trace.standardError).toBeCloseTo(same.standardError, 9);
  });

  test.each([
    ["trace", (x: number) => x, sum(TINY_CNN)],
    ["squared Frobenius norm", (x: number) => x * x, frobenius(TINY_CNN) ** 2],
    ["trace of exp(−A²)", (x: number) => Math.exp(-x * x), sum(TINY_CNN.map((x) => Math.exp(-x * x)))],
  ])("gives the %s within four standard errors", async (_, f, truth) => {
    const quadrature = await lanczosQuadrature(cnn, { random: seededRandom(3), probes: 30, steps: 30 });
    const { value, standardError } = traceOfFunction(quadrature, f);
    expect(Math.abs(value - truth)).toBeLessThan(4 * standardError);
  });

  test("ends early, and exactly, on an operator with three distinct eigenvalues", async () => {
    const operator = withSpectrum(Array.from({ length: 60 }, (_, i) => [-1, 2, 5][i % 3]!));
    const { runs, matvecs } = await lanczosQuadrature(operator, { random: seededRandom(1), probes: 3, steps: 20 });
    expect(matvecs).toBe(9);
    for (const { nodes } of runs) [5, 2, -1].forEach((value, k) => expect(nodes[k]).toBeCloseTo(value, 10));
  });

  test("has a density that integrates to 1 and is that of the spectrum within its error band", async () => {
    const quadrature = await lanczosQuadrature(cnn, { random: seededRandom(4), probes: 80, steps: 80 });
    const grid = Array.from({ length: 3001 }, (_, i) => -10 + i / 75);
    const { density, standardError } = spectralDensity(quadrature, grid, 0.3);
    expect(sum(density) / 75).toBeCloseTo(1, 6);
    const truth = grid.map((x) =>
      mean(TINY_CNN.map((value) => Math.exp(-(((x - value) / 0.3) ** 2) / 2) / (0.3 * Math.sqrt(2 * Math.PI)))),
    );
    const outside = grid.filter((_, i) => Math.abs(density[i]! - truth[i]!) > 5 * standardError[i]! + 1e-6).length;
    expect(outside / grid.length).toBeLessThan(0.02);
  });
});
