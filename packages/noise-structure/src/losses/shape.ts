import { NoiseStructureError } from "../errors.js";

/** @internal Refuses a count that is no positive integer. */
export function expectCount(caller: string, name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: expected ${name} to be a positive integer, got ${value}.`,
    );
}

/** @internal Refuses an array that is not `[examples, size]`, or not finite. */
export function expectNumbers(
  caller: string,
  name: string,
  array: ArrayLike<number>,
  examples: number,
  size: number,
): void {
  if (array.length !== examples * size)
    throw new NoiseStructureError(
      "SHAPE_MISMATCH",
      `${caller}: expected ${name} [${examples} × ${size}], ${examples * size} numbers, got ${array.length}.`,
    );
  for (let a = 0; a < array.length; a++)
    if (!Number.isFinite(array[a]!))
      throw new NoiseStructureError(
        "NOT_FINITE",
        `${caller}: expected finite ${name}, got ${array[a]!} at index ${a}.`,
      );
}
