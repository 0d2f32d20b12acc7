/** What can be wrong with an argument of this package. */
export type LinearAlgebraErrorCode = "SHAPE_MISMATCH" | "NOT_FINITE" | "INVALID_ARGUMENT" | "NOT_CONVERGED";

/** Every error of this package; recognise it by `name` and `code`. */
export class LinearAlgebraError extends Error {
  override readonly name = "LinearAlgebraError";
  readonly code: LinearAlgebraErrorCode;

  constructor(code: LinearAlgebraErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** @internal Refuses an array whose length does not fit its shape. */
export function expectLength(caller: string, name: string, array: ArrayLike<number>, expected: number): void {
  if (array.length !== expected)
    throw new LinearAlgebraError(
      "SHAPE_MISMATCH",
      `${caller}: expected ${name} of length ${expected}, got ${array.length}.`,
    );
}

/** @internal Refuses a dimension that is not a non-negative integer. */
export function expectDimension(caller: string, name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new LinearAlgebraError(
      "INVALID_ARGUMENT",
      `${caller}: expected ${name} to be a non-negative integer, got ${value}.`,
    );
}

/** @internal Refuses NaN and infinities, naming the first. */
export function expectFinite(caller: string, name: string, array: ArrayLike<number>): void {
  for (let i = 0; i < array.length; i++)
    if (!Number.isFinite(array[i]!))
      throw new LinearAlgebraError("NOT_FINITE", `${caller}: expected finite ${name}, got ${array[i]!} at index ${i}.`);
}
