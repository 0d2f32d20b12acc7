/** Fewest independent samples after which a requested relative error may end the sampling. */
export const LEAST_SAMPLES = 8;

/** The next number of samples at which to check whether to stop: half as many again. */
export const nextLook = (samples: number): number => Math.ceil(samples * 1.5);

/** Whether to check at this number of samples. */
export function isLook(samples: number): boolean {
  let look = LEAST_SAMPLES;
  while (look < samples) look = nextLook(look);
  return look === samples;
}

/**
 * How much to inflate a standard error found from `samples` normal samples so that it is too small in only one of twenty cases:
 * √(ν/χ²) with ν = samples − 1 and χ² the 5 % quantile of the chi-squared distribution, by Wilson and Hilferty (1931).
 *
 * It is 1.80 at 8 samples, 1.37 at 20 and 1.13 at 100.
 */
export function caution(samples: number): number {
  const degrees = samples - 1;
  const spread = 2 / (9 * degrees);
  const ratio = (1 - spread - 1.6448536269514722 * Math.sqrt(spread)) ** 3;
  return ratio > 0 ? 1 / Math.sqrt(ratio) : Infinity;
}

/**
 * The stopping rule of every `relativeError` in this package.
 *
 * A running standard error is itself random, and a rule that checks it after every sample stops where it happens to be too small.
 * Three things guard against it: no check before 8 samples, few checks at counts that grow geometrically (8, 12, 18, …),
 * and a standard error multiplied by `caution(samples)` at each check.
 */
export function goodEnough(
  { value, standardError, samples }: { value: number; standardError: number; samples: number },
  relativeError: number,
): boolean {
  return samples >= LEAST_SAMPLES && caution(samples) * standardError <= relativeError * Math.abs(value);
}
