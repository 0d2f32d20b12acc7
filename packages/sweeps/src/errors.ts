/** What can go wrong in this package, as a closed set of codes. */
export type SweepErrorCode =
  /** A grid file is not what it should be; the message names every fault. */
  | "INVALID_GRID"
  /** A folder holds no plan, or another one than expected. */
  | "INVALID_PLAN"
  /** There is no such line in the plan. */
  | "INVALID_INDEX"
  /** An option is out of range. */
  | "INVALID_OPTION"
  /** An optional package is not installed. */
  | "NOT_INSTALLED"
  /** The Redis server does not answer. */
  | "NOT_REACHABLE";

/** Every error this package throws on purpose; recognise it by `name` and `code`. */
export class SweepError extends Error {
  override readonly name = "SweepError";
  readonly code: SweepErrorCode;

  constructor(code: SweepErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
