import { NoiseStructureError } from "../errors.js";

/** @internal Refuses anything but an integer of at least `smallest`. */
export function expectInteger(caller: string, name: string, value: number, smallest = 1): void {
  if (!Number.isSafeInteger(value) || value < smallest)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: expected ${name} to be an integer of at least ${smallest}, got ${value}.`,
    );
}

/** @internal Refuses anything but a finite number above 0. */
export function expectPositive(caller: string, name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value)))
    throw new NoiseStructureError("INVALID_ARGUMENT", `${caller}: expected a positive ${name}, got ${value}.`);
}

/** @internal Refuses anything but a finite number of at least 0. */
export function expectNonNegative(caller: string, name: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value)))
    throw new NoiseStructureError("INVALID_ARGUMENT", `${caller}: expected ${name} of at least 0, got ${value}.`);
}

/** @internal Refuses an array of another length or with a number that is not finite. */
export function expectNumbers(caller: string, name: string, array: ArrayLike<number>, length: number): void {
  if (array.length !== length)
    throw new NoiseStructureError(
      "SHAPE_MISMATCH",
      `${caller}: expected ${name}, ${length} ${length === 1 ? "number" : "numbers"}, got ${array.length}.`,
    );
  for (let i = 0; i < length; i++)
    if (!Number.isFinite(array[i]!))
      throw new NoiseStructureError(
        "NOT_FINITE",
        `${caller}: expected finite ${name}, got ${array[i]!} at index ${i}.`,
      );
}

/** @internal Refuses an array of another length or with a number that is no square. */
export function expectSquares(caller: string, name: string, array: ArrayLike<number>, length: number): void {
  expectNumbers(caller, name, array, length);
  for (let i = 0; i < length; i++)
    if (array[i]! < 0)
      throw new NoiseStructureError(
        "INVALID_ARGUMENT",
        `${caller}: expected ${name}, of at least 0, got ${array[i]!} at index ${i}.`,
      );
}
