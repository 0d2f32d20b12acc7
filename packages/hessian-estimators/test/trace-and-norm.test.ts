import { seededRandom } from "@sgdscope/random";
import {
  deflatedNorm,
  exactTraceAndNorm,
  hutchinsonNorm,
  hutchinsonTrace,
  hutchPlusPlusTrace,
  traceAndNorm,
} from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { frobenius, sum, withSpectrum } from "./support.js";

const spectrum = Array.from({ length: 200 }, (_, i) => 20 / (i + 1) ** 1.2);
const operator = withSpectrum(spectrum);

describe("traceAndNorm", () => {
  test("gives at once what the single estimators give, for the products of one", async () => {
    const options = (): { random: () => number; maxMatvecs: number } => ({ random: seededRandom(7), maxMatvecs: 40 });
    operator.products = 0;
    const deflated = await traceAndNorm(operator, options());
    expect(operator.products).toBe(40);
    expect(deflated.trace).toEqual(await hutchPlusPlusTrace(operator, options()));
    expect(deflated.norm).toEqual(await deflatedNorm(operator, options()));
    const plain = await traceAndNorm(operator, { ...options(), method: "hutchinson" });
    expect(plain.trace).toEqual(await hutchinsonTrace(operator, options()));
    expect(plain.norm).toEqual(await hutchinsonNorm(operator, options()));
  });

  test("stops on the worst of what is asked", async () => {
    const one = await traceAndNorm(operator, { random: seededRandom(7), relativeError: { norm: 0.01 } });
    const both = await traceAndNorm(operator, { random: seededRandom(7), relativeError: 0.01 });
    expect(one.norm.matvecs).toBeLessThan(both.norm.matvecs);
    expect(both.trace.converged && both.norm.converged).toBe(true);
    expect(both.trace.standardError).toBeLessThan(0.01 * both.trace.value);
  });

  test("turns to the exact values where sampling would cost more", async () => {
    for (const method of ["deflated", "hutchinson"] as const) {
      const { trace, norm } = await traceAndNorm(operator, { random: seededRandom(1), method, relativeError: 1e-6 });
      expect(trace.value).toBeCloseTo(sum(spectrum), 9);
      expect(norm.value).toBeCloseTo(frobenius(spectrum), 9);
      expect(trace).toMatchObject({ standardError: 0, converged: true });
      expect(trace.matvecs).toBeLessThan(400);
    }
  });

  test.each(["deflated", "hutchinson"] as const)("%s: says when the budget ends it", async (method) => {
    const options = { random: seededRandom(1), method, relativeError: 1e-6, maxMatvecs: 50 };
    const { trace, norm } = await traceAndNorm(operator, options);
    expect(trace).toMatchObject({ matvecs: 50, converged: false });
    expect(norm.standardError).toBeGreaterThan(0);
  });

  test("exact values come from size products", async () => {
    const { trace, norm } = await exactTraceAndNorm(operator);
    expect(trace).toEqual({ value: trace.value, standardError: 0, matvecs: 200, samples: 0, converged: true });
    expect(trace.value).toBeCloseTo(sum(spectrum), 9);
    expect(norm.value).toBeCloseTo(frobenius(spectrum), 9);
  });
});
