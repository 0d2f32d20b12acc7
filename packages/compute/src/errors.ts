/** What can go wrong when a backend is prepared, or TensorFlow installed for one. */
export type ComputeErrorCode =
  | "UNKNOWN_BACKEND"
  | "INVALID_ARGUMENT"
  | "BACKEND_NOT_INSTALLED"
  | "BACKEND_FAILED"
  | "GRADIENTS_NOT_REGISTERED"
  | "OUT_OF_MEMORY"
  | "WORKER_ENDED"
  /** `sgdscope-tensorflow`: the command line is invalid. */
  | "USAGE"
  /** No TensorFlow library is published for this machine in the form that is needed here. */
  | "UNSUPPORTED_PLATFORM"
  | "NO_COMPILER"
  | "NO_NPM"
  | "NO_NETWORK"
  | "NO_WHEEL"
  /** A wheel does not match its index or a checksum inside it. */
  | "WHEEL_MISMATCH"
  /** A file is not a wheel of TensorFlow with its C library. */
  | "WHEEL_INVALID"
  | "DISK_FULL"
  /** The compiler, npm or pip ran and failed. */
  | "BUILD_FAILED";

/** The one error class of this package; tell cases apart by `code`. */
export class ComputeError extends Error {
  override readonly name = "ComputeError";
  readonly code: ComputeErrorCode;

  constructor(code: ComputeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
