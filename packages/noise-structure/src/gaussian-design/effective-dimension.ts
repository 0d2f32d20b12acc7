import { NoiseStructureError } from "../errors.js";
import { expectInteger } from "../noise-strength/arguments.js";

/**
 * The effective dimension of inputs, `min{Tr S/‖S‖₂, Tr²S/Tr S²}`: d for isotropic inputs, near 1 where one direction
 * dominates. Both are at most the rank.
 *
 * Recalled from Wang & Wu (2023), arXiv:2310.00692, not confirmed.
 *
 * @param spectrum - Eigenvalues of S, non-negative, any order.
 * @returns 0 where S is 0.
 * @throws NoiseStructureError INVALID_ARGUMENT.
 */
export function effectiveDimension(spectrum: ArrayLike<number>): number {
  expectInteger("effectiveDimension", "the length of spectrum", spectrum.length);
  let [trace, squares, largest] = [0, 0, 0];
  for (let k = 0; k < spectrum.length; k++) {
    const value = spectrum[k]!;
    if (!(value >= 0 && Number.isFinite(value)))
      throw new NoiseStructureError(
        "INVALID_ARGUMENT",
        `effectiveDimension: expected spectrum of at least 0, got ${value} at ${k}.`,
      );
    trace += value;
    squares += value * value;
    largest = Math.max(largest, value);
  }
  return largest === 0 ? 0 : Math.min(trace / largest, trace ** 2 / squares);
}
