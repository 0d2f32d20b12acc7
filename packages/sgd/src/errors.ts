/** What went wrong, for a caller that handles it. */
export type SgdErrorCode =
  | "INVALID_SIZE"
  | "INVALID_BATCH_SIZE"
  | "INVALID_SAMPLING"
  | "INVALID_LEARNING_RATE"
  | "INVALID_MOMENTUM"
  | "INVALID_OPTIMIZER"
  | "INVALID_CLIP_NORM"
  | "INVALID_STEPS"
  | "INVALID_STOPPING_RULE"
  | "INVALID_DATASET"
  | "INVALID_LOSS"
  | "INVALID_PARAMETERS"
  | "INVALID_CHECKPOINT"
  | "RANDOM_WITHOUT_STATE"
  | "GRADIENTS_NOT_REGISTERED"
  | "DISPOSED";

/** The one error class of this package; recognise it by `name` and `code`. */
export class SgdError extends Error {
  override readonly name = "SgdError";
  readonly code: SgdErrorCode;

  constructor(code: SgdErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Refuses anything but an integer in `low … high`. */
export function expectInteger(code: SgdErrorCode, what: string, value: number, low: number, high = Infinity): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  const range = high === Infinity ? `an integer ≥ ${low}` : `an integer between ${low} and ${high}`;
  throw new SgdError(code, `${what} to be ${range}, got ${value}`);
}
