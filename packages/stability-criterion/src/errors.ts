/** What can be wrong with an argument of this package. */
export type StabilityErrorCode =
  | "INVALID_ARGUMENT"
  | "BATCH_TOO_LARGE"
  | "EPOCH_SHUFFLE_HAS_NO_THEORY"
  | "NO_CURVATURE"
  | "SHAPE_MISMATCH"
  | "TOO_FEW_MODES";

/** Every error of this package; recognise it by `name` and `code`. */
export class StabilityError extends Error {
  override readonly name = "StabilityError";
  readonly code: StabilityErrorCode;

  constructor(code: StabilityErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** @internal Refuses what is not an integer of at least `least`. */
export function expectInteger(caller: string, name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected ${name} to be an integer of at least ${least}, got ${value}.`,
    );
}

/** @internal Refuses what is not a positive finite number. */
export function expectPositive(caller: string, name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value)))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected ${name} to be positive and finite, got ${value}.`,
    );
}

/** @internal Refuses a name that is none of the given ones. */
export function expectOneOf(caller: string, name: string, value: string, names: readonly string[]): void {
  if (!names.includes(value))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected ${name} to be ${names.map((one) => `"${one}"`).join(" or ")}, got "${value}".`,
    );
}
