/** What can go wrong with run folders, as a closed set of codes. */
export type RunsErrorCode =
  /** The disk is full, read-only, over quota or broken; what was written before is kept. */
  | "STORAGE"
  /** Somebody else writes this run folder. */
  | "LOCKED"
  /** Somebody else took over this run because its heartbeat had stopped. */
  | "LOCK_LOST"
  /** A run folder belongs to another run or is not readable. */
  | "INVALID_RUN"
  /** An option is out of range. */
  | "INVALID_OPTION";

/** Every error this package throws on purpose; recognise it by `name` and `code`. */
export class RunsError extends Error {
  override readonly name = "RunsError";
  readonly code: RunsErrorCode;
  /** The file or folder in question. */
  readonly path: string | undefined;

  constructor(code: RunsErrorCode, message: string, options: ErrorOptions & { path?: string } = {}) {
    super(message, options);
    this.code = code;
    this.path = options.path;
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
  error instanceof RunsError
    ? error.code === "STORAGE"
    : Object.hasOwn(storageFaults, (error as NodeJS.ErrnoException | undefined)?.code ?? "");

/** The error of a write as a `STORAGE` error that says what is wrong and that nothing is lost; other errors unchanged. */
export function storageError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  if (error instanceof RunsError || !Object.hasOwn(storageFaults, code)) return error;
  return new RunsError(
    "STORAGE",
    `cannot write ${path}: ${storageFaults[code]!} (${code}); everything written before is kept`,
    { cause: error, path },
  );
}
