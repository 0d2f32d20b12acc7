import { NoiseStructureError } from "../errors.js";
import { expectInteger, expectNumbers } from "../noise-strength/arguments.js";
import { estimate, type Estimate } from "../noise-strength/estimate.js";

/**
 * The Hill estimate of the power of a tail from its largest members: `k/Σ_{j≤k} log(x_(j)/x_(k+1))`.
 *
 * Source: Hill (1975), Ann. Statist. 3(5). For independent samples with an exact power tail its relative standard error
 * is `1/√k` and its relative bias 1/(k − 1); points of a trajectory are neither, so compare several k.
 *
 * @param samples - Any signs; absolute values are taken. Not changed.
 * @param options.count - k, members of the tail, from 2 to one less than the samples. Default ⌊√N⌋, at least 2.
 * @throws NoiseStructureError INVALID_ARGUMENT, also when the k + 1 largest are all the same or include 0; NOT_FINITE.
 */
export function hillEstimate(samples: ArrayLike<number>, options: { count?: number } = {}): Estimate {
  const caller = "hillEstimate";
  expectInteger(caller, "the number of samples", samples.length, 3);
  expectNumbers(caller, "samples", samples, samples.length);
  const { count = Math.max(2, Math.floor(Math.sqrt(samples.length))) } = options;
  expectInteger(caller, "options.count", count, 2);
  if (count >= samples.length)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: expected options.count below the ${samples.length} samples, got ${count}.`,
    );
  const sorted = Float64Array.from({ length: samples.length }, (_, i) => -Math.abs(samples[i]!)).sort();
  const threshold = -sorted[count]!;
  let sum = 0;
  for (let j = 0; j < count; j++) sum += Math.log(-sorted[j]! / threshold);
  if (!(sum > 0 && Number.isFinite(sum)))
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: cannot estimate a tail, because the ${count + 1} largest absolute values are all equal or include 0: they lie between ${threshold} and ${-sorted[0]!}.`,
    );
  const value = count / sum;
  return estimate(value, value / Math.sqrt(count));
}
