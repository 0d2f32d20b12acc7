import {
  assertSymmetric,
  hutchinsonNorm,
  hutchinsonTrace,
  measureCurvature,
  traceAndNorm,
  xTrace,
  type SampledEstimate,
} from "@sgdscope/hessian-estimators";
import { averageCaseSharpness } from "@sgdscope/hessian-estimators/sharpness";
import { seededRandom } from "@sgdscope/random";
import { describe, expect, test } from "vitest";
import { withSpectrum } from "./support.js";

const operator = withSpectrum(Array.from({ length: 30 }, (_, i) => 30 / (i + 1)));

describe("what is reported in between", () => {
  test.each([
    ["hutchinsonTrace", hutchinsonTrace],
    ["hutchinsonNorm", hutchinsonNorm],
  ] as const)("%s: the estimate so far, from the second product on", async (_, estimate) => {
    const seen: [number, number, SampledEstimate | undefined][] = [];
    await estimate(operator, {
      seed: 1,
      maxMatvecs: 6,
      onProgress: (progress) => seen.push([progress.matvecs, progress.maxMatvecs, progress.estimate]),
    });
    expect(seen.map(([matvecs, most]) => [matvecs, most])).toEqual([1, 2, 3, 4, 5, 6].map((k) => [k, 6]));
    expect(seen[0]![2]).toBeUndefined();
    for (const [matvecs, , reported] of seen.slice(1))
      expect(reported).toEqual(await estimate(operator, { seed: 1, maxMatvecs: matvecs }));
  });

  test("traceAndNorm: both; nothing where the exact value is computed", async () => {
    const seen: (number | undefined)[] = [];
    const onProgress = ({ estimate }: { estimate: { norm: SampledEstimate } | undefined }): unknown =>
      seen.push(estimate?.norm.samples);
    await traceAndNorm(operator, { seed: 1, maxMatvecs: 4, method: "hutchinson", onProgress });
    expect(seen).toEqual([undefined, 2, 3, 4]);
    seen.length = 0;
    await traceAndNorm(operator, { seed: 1, maxMatvecs: 30, method: "hutchinson", onProgress });
    expect(seen).toEqual(new Array(30).fill(undefined));
  });

  test("xTrace: nothing before its images are complete", async () => {
    const seen: (number | undefined)[] = [];
    const { samples } = await xTrace(operator, {
      seed: 1,
      maxMatvecs: 8,
      onProgress: ({ estimate }) => seen.push(estimate?.samples),
    });
    expect(samples).toBe(4);
    expect(seen).toEqual([...new Array<undefined>(7).fill(undefined), 4]);
  });
});

test("a linear loss has an average rise of exactly nothing: the odd terms of a pair cancel", async () => {
  const linear = { size: 3, value: (v: Float64Array) => Promise.resolve(v[0]! - 2 * v[1]! + 8 * v[2]!) };
  const point = new Float64Array(3);
  const found = await averageCaseSharpness(linear, point, { seed: 1, sigma: 0.5, samples: 9 });
  expect(found).toEqual({ value: 0, standardError: 0, samples: 9, converged: true, evaluations: 19 });
  const square = { size: 2, value: (v: Float64Array) => Promise.resolve((v[0]! ** 2 + v[1]! ** 2) / 2 + 7) };
  const rise = async (sigma: number) =>
    averageCaseSharpness(square, new Float64Array(2), { seed: 1, sigma, samples: 9 });
  expect((await rise(0.5)).value / (await rise(0.25)).value).toBeCloseTo(4, 10);
});

test("measureCurvature says why it chose what it did", async () => {
  const gram = { examples: 2, outputs: 1, gram: Float64Array.of(2, 1, 1, 3) };
  const why = async (...given: Parameters<typeof measureCurvature>): Promise<string> =>
    (await measureCurvature(...given)).why;
  expect(await why({ gram }, { seed: 1 })).toBe("n·C = 2 is at most 3000");
  expect(await why({ gram }, { seed: 1, method: "exact" })).toBe('method "exact" was requested');
  expect(await why({ gram }, { seed: 1, largestGram: 1, method: "exact" })).toBe('method "exact" was requested');
  expect(await why({ gram }, { seed: 1, largestGram: 1 })).toBe("n·C = 2 is above 1; the size 2 is at most 1000");
  expect(await why({ operator }, { seed: 1, method: "exact" })).toBe('method "exact" was requested');
  expect(await why({ operator }, { seed: 1, method: "estimated", maxMatvecs: 24 })).toBe(
    'method "estimated" was requested',
  );
  expect(await why({ operator }, { seed: 1, largestDense: 29, maxMatvecs: 24 })).toBe("the size 30 is above 29");
  expect(await why({ operator }, { seed: 1, largestDense: 30 })).toBe("the size 30 is at most 30");
});

test("assertSymmetric is refused in its own name", async () => {
  await expect(assertSymmetric(operator, seededRandom(1), { pairs: 0 })).rejects.toThrow(
    "assertSymmetric: expected pairs to be a positive number, got 0",
  );
  await expect(assertSymmetric(operator, seededRandom(1), { tolerance: -1 })).rejects.toThrow(
    "assertSymmetric: expected tolerance to be a positive number, got -1",
  );
  const short = { size: 3, apply: () => Promise.resolve(new Float64Array(2)) };
  await expect(assertSymmetric(short, seededRandom(1))).rejects.toThrow(
    "assertSymmetric: expected product 1 of the operator to have length 3, got 2",
  );
});
