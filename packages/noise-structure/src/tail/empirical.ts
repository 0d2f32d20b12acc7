import { expectInteger, expectNumbers } from "../noise-strength/arguments.js";
import { momentRoot } from "./moment-root.js";
import { tailIndex, type TailIndex } from "./tail-index.js";

/**
 * The tail index from observed multipliers: the root τ of `(1/N) Σ|M_k|^τ = 1`.
 *
 * For curvatures h of batches along a direction pass `1 − ηh`; for several steps, the product of the factors of these steps. The
 * standard error is that of the root of a sample mean, to first order:
 * `√(Var |M|^τ/N)/E(|M|^τ log|M|)`, for independent multipliers (derived here). Heavy tails of M itself
 * make it too small: the root leans on the largest multipliers.
 *
 * @param multipliers - At least two; signs do not matter.
 * @throws NoiseStructureError INVALID_ARGUMENT or NOT_FINITE.
 */
export function empiricalTailIndex(multipliers: ArrayLike<number>): TailIndex {
  const caller = "empiricalTailIndex";
  const count = multipliers.length;
  expectInteger(caller, "the number of multipliers", count, 2);
  expectNumbers(caller, "multipliers", multipliers, count);
  const logs = Float64Array.from({ length: count }, (_, k) => Math.log(Math.abs(multipliers[k]!)));
  const { root, drift } = momentRoot(logs, new Float64Array(count));
  if (root === 0 || root === Infinity) return tailIndex(root, drift, 0);
  let squares = 0;
  let slope = 0;
  for (const log of logs) {
    const power = Math.exp(root * log);
    squares += (power - 1) ** 2 / (count - 1);
    if (power > 0) slope += (power * log) / count;
  }
  return tailIndex(root, drift, Math.sqrt(squares / count) / slope);
}
