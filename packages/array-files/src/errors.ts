/** What can be wrong with a file or an argument; closed, so that callers can switch over it. */
export type ArrayFilesErrorCode =
  /** The bytes are not of the format asked for, or of no format known here. */
  | "WRONG_FORMAT"
  /** The file ends before its data does. */
  | "TRUNCATED"
  /** The file contradicts itself: header, sizes or checksums do not fit. */
  | "CORRUPT"
  /** The file is, or declares, more than the reader takes: bytes, entries, axes, depth; the message has the limit. */
  | "TOO_LARGE"
  /** There is no array of that name; the message lists those there are. */
  | "UNKNOWN_KEY"
  /** An element type without a JavaScript typed array: complex, strings, objects, records, 8-bit floats. */
  | "UNSUPPORTED_DTYPE"
  /** The arguments do not fit each other or the format. */
  | "INVALID_ARGUMENT"
  /** No such file. */
  | "FILE_NOT_FOUND";

/** The one error this package throws on purpose. */
export class ArrayFilesError extends Error {
  override readonly name = "ArrayFilesError";
  readonly code: ArrayFilesErrorCode;

  constructor(code: ArrayFilesErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
