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
  /** The disk is full, read-only, over quota or broken; what was written before is kept. */
  | "STORAGE"
  /** Somebody else took over this run because its heart had stopped. */
  | "CLAIM_LOST"
  /** A run folder belongs to another run or is not readable. */
  | "INVALID_RUN"
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

/** What the operating system's codes mean to somebody whose results are on that disk. */
const storageFaults: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "there is no permission to write",
  EPERM: "there is no permission to write",
  EFBIG: "the limit of file sizes is reached",
  EIO: "the disk reports an error",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
};

/** Whether an error says that the disk cannot take more. */
export const isStorageFault = (error: unknown): boolean =>
  error instanceof SweepError
    ? error.code === "STORAGE"
    : Object.hasOwn(storageFaults, (error as NodeJS.ErrnoException | undefined)?.code ?? "");

/** The error of a write as a `STORAGE` error that says what is wrong and that nothing is lost; other errors unchanged. */
export function storageError(where: string, path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  if (error instanceof SweepError || !Object.hasOwn(storageFaults, code)) return error;
  return new SweepError(
    "STORAGE",
    `${where}: expected to write ${path}, got ${code}: ${storageFaults[code]!}; everything written before is kept`,
    { cause: error },
  );
}
