/** What can go wrong when a backend is prepared. */
export type ComputeErrorCode =
  "UNKNOWN_BACKEND" | "BACKEND_NOT_INSTALLED" | "BACKEND_FAILED" | "GRADIENTS_NOT_REGISTERED" | "OUT_OF_MEMORY";

/** The one error class of this package; tell cases apart by `code`. */
export class ComputeError extends Error {
  override readonly name = "ComputeError";
  readonly code: ComputeErrorCode;

  constructor(code: ComputeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
