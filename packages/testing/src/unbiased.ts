import { seededRandom, type SeededRandom } from "@sgdscope/random";
import { expect } from "vitest";
import { TestingError } from "./errors.js";

/** The result of an estimator: a value and, optionally, its standard error; 0 claims that the value is exact. */
export interface EstimateLike {
  value: number;
  standardError?: number;
}

export interface UnbiasedOptions {
  /** Standard deviations of the mean over seeds that its distance from the exact value may have; default 4. */
  sigmas?: number;
  /** Number of independent runs, ≥ 8; default 32. */
  seeds?: number;
  /** First seed; the test is a function of it. Default 1. */
  seed?: number;
  /** Rounding allowed on top, relative to the exact value; default 1e-6. */
  rounding?: number;
  /** Whether the claimed standard errors must agree with those found; default: if all runs claim one. */
  standardErrors?: boolean;
}

/**
 * Asserts that an estimator is unbiased and that its standard errors are correct.
 *
 * Runs it with `seeds` independent generators. Their mean must be within `sigmas·s/√seeds` of the exact value, where s is the standard
 * deviation found; a correct estimator with normal errors fails with probability 6e-5 at 4 sigmas. The root mean square of the claimed
 * standard errors must be within a factor `1 ± sigmas·√(1/2(seeds − 1))` (and at least 2) of s.
 * An estimator that claims standard error 0 in every run must give the exact value in every run.
 *
 * @param estimator - Called once per seed, in order.
 * @param exact - The value it estimates.
 * @throws An assertion error of vitest; TestingError `OPTION` for fewer than 8 seeds.
 */
export async function expectUnbiased(
  estimator: (random: SeededRandom) => EstimateLike | Promise<EstimateLike>,
  exact: number,
  options: UnbiasedOptions = {},
): Promise<void> {
  const { sigmas = 4, seeds = 32, seed = 1, rounding = 1e-6 } = options;
  if (!Number.isInteger(seeds) || seeds < 8)
    throw new TestingError("OPTION", `expectUnbiased: expected seeds to be an integer ≥ 8, got ${seeds}`);
  const runs: EstimateLike[] = [];
  for (let i = 0; i < seeds; i++) runs.push(await estimator(seededRandom(seed).stream(`run ${i}`)));
  const claimed = runs.flatMap(({ standardError }) => (standardError === undefined ? [] : [standardError]));
  const slack = rounding * Math.abs(exact);

  for (const [i, { value }] of runs.entries()) expect(value, `the estimate of run ${i} is a number`).not.toBeNaN();
  if (claimed.length === seeds && claimed.every((error) => error === 0)) {
    for (const [i, { value }] of runs.entries())
      expect(
        Math.abs(value - exact),
        `run ${i} claims to be exact, but gives ${value} instead of ${exact}`,
      ).toBeLessThanOrEqual(slack);
    return;
  }

  const mean = runs.reduce((sum, { value }) => sum + value, 0) / seeds;
  const deviation = Math.sqrt(runs.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (seeds - 1));
  const allowed = (sigmas * deviation) / Math.sqrt(seeds) + slack;
  expect(
    Math.abs(mean - exact),
    `the mean ${mean} of ${seeds} runs must be within ${sigmas}σ, ${allowed}, of ${exact}`,
  ).toBeLessThanOrEqual(allowed);

  if (!(options.standardErrors ?? claimed.length === seeds)) return;
  expect(claimed, "every run claims a standard error").toHaveLength(seeds);
  const said = Math.sqrt(claimed.reduce((sum, error) => sum + error * error, 0) / seeds);
  const factor = Math.max(2, 1 + sigmas * Math.sqrt(1 / (2 * (seeds - 1))));
  const found = `runs claim a standard error of ${said} and scatter by ${deviation}`;
  expect(said * factor + slack, found).toBeGreaterThanOrEqual(deviation);
  expect(said, found).toBeLessThanOrEqual(deviation * factor + slack);
}
