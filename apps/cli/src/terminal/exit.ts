import { CommanderError } from "commander";

/** The exit codes of every command; `sgdscope help exit-codes` prints them. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  criterion: 3,
  unavailable: 4,
  resumable: 75,
} as const;

/** What a command wants the user to read when it cannot go on: what is wrong, what helps, and how to exit. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number;
  readonly help: string | undefined;
  constructor(message: string, exitCode: number, help?: string) {
    super(message);
    this.exitCode = exitCode;
    this.help = help;
  }
}

/** A wrong argument: exit code 2. */
export const usageError = (message: string, help?: string): CliError => new CliError(message, exitCodes.usage, help);

/** Codes of package errors that mean "this machine or its data lack something" rather than "the argument is wrong". */
const unavailable = new Set([
  "BACKEND_NOT_INSTALLED",
  "BACKEND_FAILED",
  "GRADIENTS_NOT_REGISTERED",
  "NOT_FOUND",
  "NOT_AVAILABLE",
  "DOWNLOAD_FAILED",
  "WRONG_SUM",
]);

/** Prints an error the way a person wants it, without a stack trace unless asked for, and gives the exit code. */
export function reportError(error: unknown, write: (line: string) => void): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof CliError) {
    write(`error: ${error.message}\n`);
    if (error.help !== undefined) write(`help: ${error.help}\n`);
    return error.exitCode;
  }
  if (!(error instanceof Error)) {
    write(`error: ${String(error)}\n`);
    return exitCodes.failed;
  }
  if (process.env["SGDSCOPE_DEBUG"] !== undefined) write(`${error.stack ?? error.message}\n`);
  const code = (error as { code?: unknown }).code;
  if (code === "ENOENT" || code === "EACCES" || code === "EISDIR" || code === "ENOTDIR") {
    write(`error: ${error.message}\n`);
    return exitCodes.usage;
  }
  if (typeof code !== "string" && !(error instanceof RangeError)) {
    write(`error: ${error.message}\nhelp: this is a defect of sgdscope; SGDSCOPE_DEBUG=1 prints the stack\n`);
    return exitCodes.failed;
  }
  write(`error: ${error.message}\n`);
  return typeof code === "string" && unavailable.has(code) ? exitCodes.unavailable : exitCodes.usage;
}
