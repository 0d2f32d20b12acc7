/** What can be wrong with the arguments of the functions of this package. */
export type TestingErrorCode =
  /** An option is out of range. */
  | "OPTION"
  /** An optional package is needed and missing. */
  | "NOT_AVAILABLE";

/** A wrong use of this package. A fault of the thing under test is an assertion error of vitest instead. */
export class TestingError extends Error {
  override readonly name = "TestingError";
  readonly code: TestingErrorCode;

  constructor(code: TestingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
