/** What can be wrong with an argument of this package. */
export type NoiseStructureErrorCode =
  | "SHAPE_MISMATCH"
  | "NOT_FINITE"
  | "NOT_SYMMETRIC"
  | "NOT_POSITIVE_SEMIDEFINITE"
  | "INVALID_ARGUMENT"
  /** A loss that is piecewise linear in the outputs. */
  | "LOSS_WITHOUT_CURVATURE"
  /** A loss has a gradient at an example in a direction of the outputs in which it has no curvature. */
  | "GRADIENT_OUT_OF_RANGE";

/** Every error of this package; recognise it by `name` and `code`. */
export class NoiseStructureError extends Error {
  override readonly name = "NoiseStructureError";
  readonly code: NoiseStructureErrorCode;

  constructor(code: NoiseStructureErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
