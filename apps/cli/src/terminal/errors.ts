import { AnalysisError } from "@sgdscope/analysis";
import { CommanderError } from "commander";
import { printable, withoutSecrets } from "./print.js";

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

const again = "once that is fixed, run the same command again (train: with --resume)";

interface Kind {
  exitCode: number;
  help?: string;
  /** The option that it is about, whatever the command. */
  option?: string;
}

/** What the codes of package errors mean for whoever calls a command; codes that are not here are wrong arguments. */
const kinds: Record<string, Kind> = {
  // This machine or its data lack something.
  BACKEND_NOT_INSTALLED: { exitCode: exitCodes.unavailable },
  BACKEND_FAILED: { exitCode: exitCodes.unavailable },
  GRADIENTS_NOT_REGISTERED: { exitCode: exitCodes.unavailable },
  NOT_FOUND: { exitCode: exitCodes.unavailable },
  NOT_AVAILABLE: { exitCode: exitCodes.unavailable },
  NOT_INSTALLED: { exitCode: exitCodes.unavailable },
  NOT_REACHABLE: { exitCode: exitCodes.unavailable },
  DOWNLOAD_FAILED: { exitCode: exitCodes.unavailable },
  WRONG_SUM: { exitCode: exitCodes.unavailable },
  WRONG_SIZE: { exitCode: exitCodes.unavailable },
  TOO_SLOW: {
    exitCode: exitCodes.unavailable,
    help: "run the same command again, which continues, or name a nearer mirror with --url",
  },
  ABORTED: { exitCode: exitCodes.resumable, help: "run the same command again to continue" },
  NO_RUN: { exitCode: exitCodes.usage, option: "--run" },
  NO_PARAMETERS: { exitCode: exitCodes.usage, option: "--run" },
  NO_RUNS: { exitCode: exitCodes.usage, help: "name run folders, or folders that hold some" },
  INVALID_PLAN: {
    exitCode: exitCodes.usage,
    help: "sgdscope sweep plan grid.yaml --out FOLDER writes a plan into a new folder",
  },
  // The world failed, not the question.
  STORAGE: { exitCode: exitCodes.failed, help: again },
  WRONG_PATH: { exitCode: exitCodes.usage, help: "name another place with --out" },
  LOCKED: { exitCode: exitCodes.failed, help: "wait for it to end, or choose another folder with --out" },
  LOCK_LOST: { exitCode: exitCodes.failed, help: again },
  WORKER_ENDED: { exitCode: exitCodes.failed, help: "if memory ran out, use fewer --jobs" },
};

/** Errors of the operating system that another path would not have; all others are its own affair. */
const wrongPaths = ["ENOENT", "ENOTDIR", "EISDIR", "EACCES", "ENAMETOOLONG", "ELOOP"];

function kindOf(error: unknown): Kind | undefined {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  if (typeof code !== "string") return undefined;
  if (Object.hasOwn(kinds, code)) return kinds[code];
  if (syscall !== undefined) return { exitCode: wrongPaths.includes(code) ? exitCodes.usage : exitCodes.failed };
  if (code === "ERR_MODULE_NOT_FOUND") return { exitCode: exitCodes.unavailable };
  // Node's own complaints about a call are faults of the caller, which is this program.
  return code.startsWith("ERR_") ? undefined : { exitCode: exitCodes.usage };
}

/** Whether an error says that this machine or its data lack something: no run on this machine would be spared. */
export const isUnavailable = (error: unknown): boolean =>
  kindOf(error)?.exitCode === exitCodes.unavailable || (error as { code?: unknown } | undefined)?.code === "ENOENT";

/** How the arguments of an analysis are called on the command line. */
const options: Record<string, string> = {
  batchSizes: "--batch-size",
  learningRate: "--learning-rate",
  weightDecay: "--weight-decay",
  learningRates: "--learning-rates",
  sampling: "--sampling",
  gram: "--gram",
  jacobian: "--jacobian",
  preconditioner: "--preconditioner",
  residuals: "--residuals",
  outputs: "--outputs",
  examples: "--count",
  inputs: "--inputs",
  targets: "--targets",
  oneHot: "--one-hot",
  loss: "--loss",
  logits: "--logits",
  labels: "--labels",
  weights: "--example-weights",
  modes: "--modes",
  capture: "--capture",
};

/** The option of the command line for an argument of an analysis. */
export const optionOf = (argument: string): string => options[argument] ?? argument;

/** A text of an analysis, whose arguments stand in backticks, in the words of the command line. */
const withOptions = (text: string): string => text.replace(/`(\w+)`/g, (_, argument: string) => optionOf(argument));

/** A message without the function that threw it: whoever types a command has called none. */
export const withoutFunction = (message: string): string => message.replace(/^(?:[a-z]+[A-Z]\w*|download): /, "");

/** What the operating system says of a file, in words; undefined for other errors. */
function fileFault(error: unknown): string | undefined {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined || path === undefined) return undefined;
  if (code === "ENOENT") return `${path} does not exist`;
  if (code === "ENOTDIR") return `${path} does not exist: a part of this path is not a folder`;
  if (code === "EISDIR") return `${path} is a folder, expected a file`;
  if (code === "EACCES") return `there is no permission to read ${path}`;
  return code === "ENAMETOOLONG" || code === "ELOOP" ? `${path} cannot exist (${code})` : undefined;
}

/** The error as the user reads it: package errors by their fields, with the options of the command line. */
function asCliError(error: unknown): unknown {
  if (error instanceof AnalysisError) {
    const { argument, problem, advice } = error;
    return usageError(
      `${optionOf(argument)}: ${withOptions(problem)}`,
      advice === undefined ? undefined : withOptions(advice),
    );
  }
  const { problem, advice, message } = error as { problem?: unknown; advice?: unknown; message?: unknown };
  const kind = error instanceof CliError ? undefined : kindOf(error);
  if (kind === undefined) return error;
  const help = typeof advice === "string" ? advice : kind.help;
  const text = withoutFunction(fileFault(error) ?? String(typeof problem === "string" ? problem : message));
  return new CliError(kind.option === undefined ? text : `${kind.option}: ${text}`, kind.exitCode, help);
}

/** Does `work` and puts `option` in front of what it refuses, unless an option stands there already. */
export async function about<T>(
  option: string,
  work: () => Promise<T>,
  concerns: (error: unknown) => boolean = () => true,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const known = concerns(error) ? asCliError(error) : undefined;
    if (!(known instanceof CliError) || known.message.startsWith("--")) throw error;
    throw new CliError(`${option}: ${known.message}`, known.exitCode, known.help);
  }
}

/** Prints an error the way a person wants it, without a stack trace unless asked for, and gives the exit code. */
export function reportError(error: unknown, writeRaw: (line: string) => void): number {
  const write = (line: string): void => writeRaw(printable(withoutSecrets(line)));
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof Error && process.env["SGDSCOPE_DEBUG"] !== undefined) write(`${error.stack ?? error.message}\n`);
  const known = asCliError(error);
  if (known instanceof CliError) {
    write(`error: ${known.message}\n`);
    if (known.help !== undefined) write(`help: ${known.help}\n`);
    return known.exitCode;
  }
  if (!(error instanceof Error)) {
    write(`error: ${String(error)}\n`);
    return exitCodes.failed;
  }
  write(`error: ${withoutFunction(error.message)}\n`);
  if (error instanceof RangeError) return exitCodes.usage;
  write("help: this is a bug in sgdscope; SGDSCOPE_DEBUG=1 prints the stack\n");
  return exitCodes.failed;
}
