/** What can be wrong with the arguments of this package's functions. */
export type TestingErrorCode =
  /** An option is out of range. */
  | "OPTION"
  /** An optional package is needed and not there. */
  | "NOT_AVAILABLE";

/** A wrong use of this package; what is wrong with the thing under test is an assertion error of vitest. */
export class TestingError extends Error {
  override readonly name = "TestingError";
  readonly code: TestingErrorCode;

  constructor(code: TestingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
