import {
  deflatedNorm,
  hutchinsonDiagonal,
  hutchinsonNorm,
  hutchinsonTrace,
  hutchPlusPlusTrace,
  traceAndNorm,
  xDiagonal,
  xTrace,
  type LinearOperator,
} from "@sgdscope/hessian-estimators";
import { lanczosQuadrature } from "@sgdscope/hessian-estimators/density";
import { estimateTraceOfFunction } from "@sgdscope/hessian-estimators/functions";
import { averageCaseSharpness, quadraticModel } from "@sgdscope/hessian-estimators/sharpness";
import { describe, expect, test } from "vitest";

const SIZE = 1100;
/** Symmetric, and not diagonal: what Rademacher probes do not know exactly. */
const neighbours: LinearOperator = {
  size: SIZE,
  apply: (v) => Promise.resolve(v.map((x, i) => x + (v[i - 1] ?? 0) / 3 + (v[i + 1] ?? 0) / 3)),
};
const large = { seed: 1 } as const;
const strict = { seed: 1, relativeError: 1e-9 } as const;

describe("without maxMatvecs", () => {
  test.each([
    ["hutchinsonTrace", () => hutchinsonTrace(neighbours, large), 99],
    ["hutchinsonNorm", () => hutchinsonNorm(neighbours, large), 99],
    ["hutchPlusPlusTrace", () => hutchPlusPlusTrace(neighbours, large), 99],
    ["deflatedNorm", () => deflatedNorm(neighbours, large), 99],
    ["xTrace", () => xTrace(neighbours, large), 98],
    ["hutchinsonDiagonal", () => hutchinsonDiagonal(neighbours, large), 99],
    ["xDiagonal", () => xDiagonal(neighbours, large), 98],
    ["lanczosQuadrature", () => lanczosQuadrature(neighbours, large), 320],
  ])("%s spends its default budget", async (_name, run, products) => {
    expect((await run()).matvecs).toBe(products);
  });

  test.each([
    ["hutchinsonTrace", () => hutchinsonTrace(neighbours, strict)],
    ["hutchinsonNorm", () => hutchinsonNorm(neighbours, strict)],
    ["traceAndNorm", async () => (await traceAndNorm(neighbours, { ...strict, method: "hutchinson" })).norm],
    ["hutchinsonDiagonal", () => hutchinsonDiagonal(neighbours, strict)],
    ["estimateTraceOfFunction", () => estimateTraceOfFunction(neighbours, Math.exp, { ...strict, steps: 10 })],
  ])("%s asked for an accuracy that it cannot reach spends 1000 products and says so", async (_name, run) => {
    const { matvecs, converged } = await run();
    expect(matvecs).toBe(1000);
    expect(converged).toBe(false);
  });

  test("averageCaseSharpness takes 50 pairs, or up to 1000 for an accuracy", async () => {
    const loss = quadraticModel(neighbours);
    const point = new Float64Array(SIZE);
    expect((await averageCaseSharpness(loss, point, { seed: 1, sigma: 1 })).samples).toBe(50);
    const { samples, converged } = await averageCaseSharpness(loss, point, { ...strict, sigma: 1 });
    expect([samples, converged]).toEqual([1000, false]);
  });

  test("estimateTraceOfFunction takes whole probes, and eight of them where 1000 products are too few for that", async () => {
    const spent = async (steps?: number): Promise<number> =>
      (await estimateTraceOfFunction(neighbours, Math.exp, { ...strict, steps })).matvecs;
    expect(await spent()).toBe(31 * 32);
    expect(await spent(130)).toBe(8 * 130);
  });

  test.each([
    [0.02, 8],
    [0.01, 12],
    [0.008, 18],
    [0.005, 27],
    [0.004, 41],
  ])(
    "estimateTraceOfFunction asked for %d stops at the first look that is good enough, after %i probes",
    async (relativeError, probes) => {
      const options = { seed: 1, steps: 8, maxMatvecs: 400 } as const;
      const found = await estimateTraceOfFunction(neighbours, Math.exp, { ...options, relativeError });
      expect(found).toMatchObject({ samples: probes, matvecs: 8 * probes, converged: true });
      // The probes are those of a run that spends as much because it may spend no more.
      const bounded = await estimateTraceOfFunction(neighbours, Math.exp, {
        ...options,
        maxMatvecs: 8 * probes,
        relativeError: 1e-9,
      });
      expect(bounded).toMatchObject({ samples: probes, value: found.value, converged: false });
    },
  );

  test("estimateTraceOfFunction has an estimate to report from the second probe on", async () => {
    const seen: [number, number | undefined][] = [];
    await estimateTraceOfFunction(neighbours, Math.exp, {
      seed: 1,
      steps: 4,
      relativeError: 0.5,
      onProgress: ({ matvecs, estimate }) => seen.push([matvecs, estimate?.samples]),
    });
    expect(seen.length).toBeGreaterThan(1);
    for (const [matvecs, samples] of seen) if (matvecs < 8) expect(samples).toBeUndefined();
    const reported = seen.filter(([, samples]) => samples !== undefined);
    expect(reported.length).toBeGreaterThan(0);
    for (const [, samples] of reported) expect(samples).toBeGreaterThanOrEqual(2);
  });

  test("estimateTraceOfFunction stops at 1 %, and takes at most 32 steps per probe", async () => {
    const { value, standardError, converged, matvecs, samples } = await estimateTraceOfFunction(
      neighbours,
      Math.exp,
      large,
    );
    expect(converged).toBe(true);
    expect(standardError).toBeLessThanOrEqual(0.01 * value);
    expect(matvecs).toBe(32 * samples);
  });
});
