/** What can go wrong with run folders, as a closed set of codes. */
export type RunsErrorCode =
  /** The disk is full, read-only, over quota or broken, or a folder vanished; what was written before is kept. */
  | "STORAGE"
  /** A file stands where a folder was asked for, or a folder where a file. */
  | "WRONG_PATH"
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
  EPIPE: "its reader has closed it",
  ESTALE: "the network file system has lost it",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
};

/** What only a write means by these codes. */
const writeFaults: Record<string, string> = { ...storageFaults, ENOENT: "its folder is gone" };

/** Codes of paths that no disk could take. */
const pathFaults: Record<string, string> = {
  ENOTDIR: "a part of this path is a file",
  EEXIST: "a file of that name is in the way",
  EISDIR: "a folder has that name",
  ENOTEMPTY: "a folder has that name",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "a name in it is too long",
};

/** Whether an error says that the disk cannot take more. */
export const isStorageFault = (error: unknown): boolean =>
  error instanceof RunsError
    ? error.code === "STORAGE"
    : Object.hasOwn(storageFaults, (error as NodeJS.ErrnoException | undefined)?.code ?? "");

/**
 * The error of a write as a `STORAGE` error that says what is wrong and that nothing is lost, or a `WRONG_PATH` error; other errors
 * unchanged.
 */
export function storageError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? "";
  if (error instanceof RunsError) return error;
  const options = { cause: error, path };
  if (Object.hasOwn(writeFaults, code))
    return new RunsError(
      "STORAGE",
      `cannot write ${path}: ${writeFaults[code]!} (${code}); everything written before is kept`,
      options,
    );
  if (Object.hasOwn(pathFaults, code))
    return new RunsError("WRONG_PATH", `cannot write ${path}: ${pathFaults[code]!} (${code})`, options);
  return error;
}
