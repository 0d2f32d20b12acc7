/** What can be wrong with data or an argument; closed, so that callers can switch over it. */
export type CifarErrorCode =
  /** A file has another size than the format says; the message has both. */
  | "WRONG_SIZE"
  /** A file has another checksum than published; the message has both. */
  | "WRONG_SUM"
  /** A label byte is not a class. */
  | "INVALID_LABEL"
  /** A pickle is not a batch as CIFAR's Python version stores it; the message names the opcode, the global or the entry. */
  | "BAD_PICKLE"
  /** There are fewer records of the asked classes than asked for. */
  | "TOO_FEW_RECORDS"
  /** No data is where it was looked for. */
  | "NOT_FOUND"
  /** An argument is not what the function takes. */
  | "INVALID_ARGUMENT"
  /** The server answered with an error, or the connection failed too often. */
  | "DOWNLOAD_FAILED"
  /** The transfer stayed below the minimum rate; what has arrived stays for the next download. */
  | "TOO_SLOW"
  /** The caller's signal ended the download; what has arrived stays for the next one. */
  | "ABORTED"
  /** The archive is not a readable tar file, reaches outside its folder, or unfolds to more than the data sets have. */
  | "BAD_ARCHIVE";

/** The one error this package throws on purpose. */
export class CifarError extends Error {
  override readonly name = "CifarError";
  readonly code: CifarErrorCode;

  constructor(code: CifarErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
