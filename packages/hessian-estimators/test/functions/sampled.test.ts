import { lanczosQuadrature, type LanczosQuadrature } from "@sgdscope/hessian-estimators/density";
import { effectiveDimension, logDeterminant, traceOfFunction } from "@sgdscope/hessian-estimators/functions";
import { describe, expect, test } from "vitest";
import { integrate, shorterRules } from "../../src/density/rule.js";
import { deviation, mean, withSpectrum } from "../support.js";

const run = (nodes: number[], weights: number[], residual?: number) => ({
  nodes: Float64Array.from(nodes),
  weights: Float64Array.from(weights),
  ...(residual === undefined ? {} : { residual }),
});
const operator = withSpectrum(Array.from({ length: 50 }, (_, i) => 3 * 0.9 ** i));

describe("Tr f(A) from rules", () => {
  test("is size times the mean of Σ weight·f(node), with the standard error and skewness of the probes", () => {
    const nodes = [1, 2, 4, 9, 3];
    const quadrature = { size: 7, matvecs: 10, runs: nodes.map((x) => run([x, 1], [0.5, 0.5])) };
    const samples = nodes.map((x) => (7 * (Math.sqrt(x) + 1)) / 2);
    const found = traceOfFunction(quadrature, Math.sqrt);
    expect(found.value).toBeCloseTo(mean(samples), 12);
    expect(found.standardError).toBeCloseTo(deviation(samples) / Math.sqrt(5), 12);
    const third = mean(samples.map((x) => (x - mean(samples)) ** 3));
    expect(found.skewness).toBeCloseTo((third / deviation(samples) ** 3) * (1 + 6 / 5), 10);
    expect(found).toMatchObject({ samples: 5, matvecs: 10, converged: true });
    expect(found).not.toHaveProperty("bias");
  });

  test("needs ten probes that differ to say how far it is off", () => {
    const of = (count: number, step: number): LanczosQuadrature => ({
      size: 7,
      matvecs: count,
      runs: Array.from({ length: count }, (_, i) => run([1 + step * i], [1])),
    });
    expect(traceOfFunction(of(9, 1), (x) => x)).toMatchObject({
      coverage: "unreliable",
      reason: "9 independent samples do not show how skewed they are; 10 or more are needed",
    });
    expect(traceOfFunction(of(10, 1), (x) => x).coverage).toBeUndefined();
    expect(traceOfFunction(of(3, 0), (x) => x).coverage).toBeUndefined();
  });

  test("is not evaluated at nodes without weight", () => {
    const quadrature = { size: 2, matvecs: 2, runs: [run([1, -1], [1, 0]), run([4, -1], [1, 0])] };
    expect(traceOfFunction(quadrature, Math.log).value).toBeCloseTo(Math.log(4), 12);
    expect(logDeterminant(quadrature).value).toBeCloseTo(Math.log(4), 12);
    expect(effectiveDimension(quadrature, 1).value).toBeCloseTo(1 / 2 + 4 / 5, 12);
  });
});

describe("what a rule lacks", () => {
  const seen: number[] = [];
  const biasOf = (quadrature: LanczosQuadrature, f: (x: number) => number): number => {
    const whole = quadrature.runs.map((rule) => integrate(rule, f));
    const [one, two] = [0, 1].map((by) => quadrature.runs.map((rule) => integrate(shorterRules(rule)[by]!, f)));
    const [last, before] = [mean(whole) - mean(one!), mean(one!) - mean(two!)].map((x) =>
      Math.abs(quadrature.size * x),
    );
    const ratio = Math.min(0.9, Math.max(0.5, last! / before!));
    seen.push(ratio);
    return (last! * ratio) / (1 - ratio);
  };

  test("is what a geometric series of the last two changes still has, its ratio between a half and nine tenths", async () => {
    for (const [steps, shift] of [
      [3, 1e-3],
      [4, 1e-6],
      [4, 1e-9],
      [6, 0.05],
      [5, 3],
      [8, 1],
    ] as const) {
      const quadrature = await lanczosQuadrature(operator, { seed: 1, probes: 10, steps });
      const f = (x: number): number => Math.log(x + shift);
      const expected = biasOf(quadrature, f);
      expect(expected).toBeGreaterThan(0);
      expect(traceOfFunction(quadrature, f).bias! / expected).toBeCloseTo(1, 8);
    }
    // Of eigenvalues over six orders of magnitude a logarithm needs many steps.
    const wide = withSpectrum(Array.from({ length: 50 }, (_, i) => 10 ** (-6 * (i / 49) ** 0.5)));
    for (const steps of [4, 6, 8, 10, 12]) {
      const quadrature = await lanczosQuadrature(wide, { seed: 1, probes: 10, steps });
      const f = (x: number): number => Math.log(x + 1e-7);
      expect(traceOfFunction(quadrature, f).bias! / biasOf(quadrature, f)).toBeCloseTo(1, 8);
    }
    expect(seen.filter((ratio) => ratio === 0.5).length).toBeGreaterThan(0);
    expect(seen.filter((ratio) => ratio > 0.5 && ratio < 0.9).length).toBeGreaterThan(0);
  });

  test("is not told by a rule of fewer than three nodes that did not end by itself", () => {
    const of = (residual: number | undefined) => ({
      size: 3,
      matvecs: 24,
      runs: Array.from({ length: 12 }, (_, i) => run([2 + i / 100, 1], [0.5, 0.5], residual)),
    });
    expect(traceOfFunction(of(0.1), Math.sqrt)).toMatchObject({
      coverage: "unreliable",
      reason: expect.stringContaining("too few steps") as string,
    });
    expect(traceOfFunction(of(0), Math.sqrt).coverage).toBeUndefined();
    expect(traceOfFunction(of(undefined), Math.sqrt).coverage).toBeUndefined();
  });

  test("makes the interval unreliable exactly where it is above the standard error", async () => {
    const flags = new Set<boolean>();
    for (const steps of [3, 4, 5, 6, 8, 10]) {
      const quadrature = await lanczosQuadrature(operator, { seed: 1, probes: 12, steps });
      const { bias = 0, standardError, coverage } = traceOfFunction(quadrature, (x) => Math.log(x + 0.02));
      expect(coverage === "unreliable", `${steps} steps`).toBe(bias > standardError);
      flags.add(bias > standardError);
    }
    expect(flags.size).toBe(2);
  });
});

describe("what is not positive", () => {
  const quadrature = { size: 2, matvecs: 4, runs: [run([3, 1], [0.5, 0.5]), run([2, -1], [0.5, 0.5])] };

  test("is refused with how far it is off, at the limit too", () => {
    for (const [act, name, most] of [
      [() => logDeterminant(quadrature), "logDeterminant: expected A + 0 to be positive definite", -1],
      [() => logDeterminant(quadrature, { shift: 1 }), "logDeterminant: expected A + 1 to be positive definite", 0],
      [() => effectiveDimension(quadrature, 0.5), "effectiveDimension: expected A + 0.5 to be positive definite", -0.5],
      [() => effectiveDimension(quadrature, 1), "effectiveDimension: expected A + 1 to be positive definite", 0],
    ] as const)
      expect(act).toThrow(
        expect.objectContaining({ code: "NOT_POSITIVE", message: `${name}, got an eigenvalue of at most ${most}` }),
      );
    expect(logDeterminant(quadrature, { shift: 1.5 }).value).toBeCloseTo(
      (Math.log(4.5) + Math.log(2.5) + Math.log(3.5) + Math.log(0.5)) / 2,
      12,
    );
    expect(effectiveDimension(quadrature, 1.5).value).toBeCloseTo((3 / 4.5 + 1 / 2.5 + 2 / 3.5 - 2) / 2, 12);
  });
});
