/** What can be wrong with an argument of this package. */
export type NoiseStructureErrorCode =
  "SHAPE_MISMATCH" | "NOT_FINITE" | "NOT_SYMMETRIC" | "NOT_POSITIVE_SEMIDEFINITE" | "INVALID_ARGUMENT";

/** Every error of this package; recognise it by `name` and `code`. */
export class NoiseStructureError extends Error {
  override readonly name = "NoiseStructureError";
  readonly code: NoiseStructureErrorCode;

  constructor(code: NoiseStructureErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
