import { SweepError } from "@sgdscope/sweeps";
import { CliError, exitCodes } from "../terminal/exit.js";

/** Codes of errors that no run on this machine would be spared. */
const unavailable = new Set([
  "BACKEND_NOT_INSTALLED",
  "BACKEND_FAILED",
  "GRADIENTS_NOT_REGISTERED",
  "NOT_FOUND",
  "NOT_AVAILABLE",
  "WRONG_SIZE",
  "WRONG_SUM",
  "ENOENT",
]);

/** Whether a run failed because its data or its backend are not here. */
export const isUnavailable = (error: unknown): boolean =>
  unavailable.has(String((error as { code?: unknown } | undefined)?.code));

/** The error of a sweep as the user reads it, with its exit code. */
export function asCliError(error: unknown): unknown {
  if (!(error instanceof SweepError)) {
    if (error instanceof CliError || !isUnavailable(error)) return error;
    return new CliError(
      (error as Error).message,
      exitCodes.unavailable,
      "runs that are done are kept; bring back what is missing and the same command goes on",
    );
  }
  switch (error.code) {
    case "STORAGE":
      return new CliError(
        error.message,
        exitCodes.failed,
        "once the folder can be written again, the same command goes on where it was",
      );
    case "NOT_INSTALLED":
    case "NOT_REACHABLE":
      return new CliError(error.message, exitCodes.unavailable);
    case "INVALID_PLAN":
      return new CliError(error.message, exitCodes.usage, "sgdscope sweep plan grid.yaml --out FOLDER writes one");
    default:
      return error;
  }
}

/** Does `work` and turns what it throws into what the user reads. */
export async function forUser<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asCliError(error);
  }
}
