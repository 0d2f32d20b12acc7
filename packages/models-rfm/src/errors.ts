/** What went wrong, for a caller that handles it. */
export type ModelsRfmErrorCode =
  /** A dimension, width or count is not a positive integer, or a scale is not a positive number. */
  | "INVALID_SIZE"
  /** A number is outside the range in which the formula holds. */
  | "INVALID_VALUE"
  /** The noise vanishes at the target, or is so strong that the mode dies out: there is no density to return. */
  | "NO_STATIONARY_LAW"
  /** The length of an array does not fit the model or the data. */
  | "WRONG_LENGTH"
  /** The activation is not one of those of this package. */
  | "UNKNOWN_ACTIVATION";

/** The one error class of this package; recognise it by `name` and `code`. */
export class ModelsRfmError extends Error {
  override readonly name = "ModelsRfmError";
  readonly code: ModelsRfmErrorCode;

  constructor(code: ModelsRfmErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Refuses anything but an integer ≥ 1. */
export function expectCount(what: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ModelsRfmError("INVALID_SIZE", `${what} to be an integer ≥ 1, got ${value}`);
}

/** Refuses anything but a finite number > 0. */
export function expectPositive(what: string, value: number): void {
  if (!(value > 0 && value < Infinity))
    throw new ModelsRfmError("INVALID_SIZE", `${what} to be a finite number > 0, got ${value}`);
}

/** Refuses anything but a finite number ≥ 0. */
export function expectNotNegative(what: string, value: number): void {
  if (!(value >= 0 && value < Infinity))
    throw new ModelsRfmError("INVALID_VALUE", `${what} to be a finite number ≥ 0, got ${value}`);
}

/** Refuses an array of another length. */
export function expectLength(what: string, array: { length: number }, length: number): void {
  if (array.length !== length)
    throw new ModelsRfmError("WRONG_LENGTH", `${what} of length ${length}, got ${array.length}`);
}
