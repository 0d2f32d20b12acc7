import { multiply } from "@sgdscope/linear-algebra";
import { StabilityError } from "../errors.js";
import { collect, type PreparedMinimum } from "../minimum.js";
import type { SamplingWeights } from "../sampling.js";

/**
 * The bound that any positive semidefinite test matrix M sets, with `Hᵢ = JᵢᵀJᵢ`:
 * `η ≤ 2Tr(HM²)/[(1−p)Tr(HMHM) + p(1/n)Σ‖JᵢMJᵢᵀ‖_F²]`; for one output the last sum is that of `(gᵢᵀMgᵢ)²`.
 *
 * Stability in mean square is `2⟨M, CM⟩ ≥ η⟨M, DM⟩` for all symmetric M, with C and D of `exactThreshold`; the marginal mode
 * reaches η* itself, and the bounds of this package test one matrix each: `I` the trace, `H` the chi, `vvᵀ` the rank-one
 * bound. Derived here from Mulayoff & Michaeli (2024), arXiv:2306.07850, Theorem 3.
 *
 * @param moment - M in the eigenbasis of H, symmetric, `rank × rank`, row-major: what `exactThreshold` calls `mode`.
 * @returns The learning rate, Infinity where M is orthogonal to everything that moves. Cost `4·rank³ + 2·rank²·nC`.
 * @throws StabilityError SHAPE_MISMATCH; INVALID_ARGUMENT for numbers that are not finite and a matrix that is not symmetric.
 */
export function testMatrixBound(minimum: PreparedMinimum, weights: SamplingWeights, moment: Float64Array): number {
  const { rank, eigenvalues, examples } = minimum;
  if (moment.length !== rank * rank)
    throw new StabilityError(
      "SHAPE_MISMATCH",
      `testMatrixBound: expected moment of ${rank} × ${rank} numbers, got ${moment.length}.`,
    );
  let largest = 0;
  for (const value of moment) largest = Math.max(largest, Math.abs(value));
  for (let a = 0; a < rank; a++)
    for (let b = 0; b <= a; b++)
      if (!(Math.abs(moment[a * rank + b]! - moment[b * rank + a]!) <= 1e-10 * largest) || !Number.isFinite(largest))
        throw new StabilityError(
          "INVALID_ARGUMENT",
          `testMatrixBound: expected moment to be finite and symmetric, got ${moment[a * rank + b]!} and ${moment[b * rank + a]!} at (${a}, ${b}).`,
        );
  const curved = multiply(
    moment.map((value, k) => value * eigenvalues[Math.floor(k / rank)]!),
    moment,
    rank,
    rank,
    rank,
  );
  let pull = 0;
  let push = 0;
  for (let a = 0; a < rank; a++)
    for (let b = 0; b < rank; b++) {
      const square = moment[a * rank + b]! * moment[b * rank + a]!;
      if (a === b) pull += curved[a * rank + a]!;
      push += weights.fullBatch * eigenvalues[a]! * eigenvalues[b]! * square;
    }
  for (const value of collect(minimum, moment)) push += (weights.noise * value * value) / examples;
  return push > 0 ? (2 * pull) / push : Infinity;
}
