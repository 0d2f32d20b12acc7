import { expectPositive, StabilityError } from "../errors.js";

/**
 * The stationary variance of SGD along one direction of a quadratic where every epoch goes through all examples in a new order,
 * averaged over the steps of an epoch, for gradient noise that does not depend on where SGD is.
 *
 * The noises of an epoch of M batches sum to 0, so that two of them have the covariance `−c/(M − 1)`: with `a = 1 − ηk` an epoch of i
 * steps gains `g_i = η²c/(M − 1)·[M Σ a^{2j} − (Σ a^j)²]`, sums over j < i, and the variance is the mean over i of
 * `a^{2i}g_M/(1 − a^{2M}) + g_i`. Directions of which an epoch is a small part of the memory, `ηkM ≪ 1`, have far less than the
 * `ηc/(k(2 − ηk))` of independent batches, in proportion to the curvature. Derived here; the phenomenon is that of Kühn & Rosenow
 * (2023), arXiv:2306.05300.
 *
 * @param options.curvature - k.
 * @param options.noise - c, variance of the gradient of one batch drawn without replacement: for batches of B of n examples with the
 *   centred variance C of single ones, `C(n − B)/(B(n − 1))`.
 * @param options.learningRate - η, below 2/k.
 * @param options.batchesPerEpoch - M ≥ 2, all batches of one size.
 * @returns Cost O(M).
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function epochShuffleVariance(options: {
  curvature: number;
  noise: number;
  learningRate: number;
  batchesPerEpoch: number;
}): number {
  const { curvature, noise, learningRate, batchesPerEpoch: M } = options;
  const caller = "epochShuffleVariance";
  expectPositive(caller, "options.curvature", curvature);
  expectPositive(caller, "options.noise", noise);
  expectPositive(caller, "options.learningRate", learningRate);
  if (!(Number.isSafeInteger(M) && M >= 2))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected options.batchesPerEpoch to be an integer of at least 2, got ${M}.`,
    );
  const rate = learningRate * curvature;
  if (rate >= 2)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected options.learningRate below 2/options.curvature = ${2 / curvature}, got ${learningRate}.`,
    );
  const keep = 1 - rate;
  // M Σa^{2j} − (Σa^j)² = (M − i)Σa^{2j} + i Σ(a^j − mean)², without the cancellation of the left side.
  const gained: number[] = [];
  let [mean, spread, squares, power] = [0, 0, 0, 1];
  for (let i = 1; i <= M; i++) {
    const off = power - mean;
    mean += off / i;
    spread += off * (power - mean);
    squares += power * power;
    power *= keep;
    gained.push(((M - i) * squares + i * spread) / (M - 1));
  }
  // 1 − a^{2M}, also where a is close to 1 or to −1, or 0.
  const forgotten = keep === 0 ? 1 : -Math.expm1(2 * M * Math.log(Math.abs(keep)));
  const atStart = gained[M - 1]! / forgotten;
  let sum = 0;
  for (let i = 1; i <= M; i++) sum += keep ** (2 * i) * atStart + gained[i - 1]!;
  return (learningRate ** 2 * noise * sum) / M;
}
