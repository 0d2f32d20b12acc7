import type { BackendName } from "../backend/packages.js";
import type { BackendReport } from "../backend/prepare.js";

/** The context of a job, besides its input. */
export interface JobContext {
  /** Tells the parent how far the job is; any value that can be cloned. */
  progress: (value: unknown) => void;
  /** Aborted when the parent asks the job to stop, or is gone; the process is killed when the grace period is over. */
  signal: AbortSignal;
}

/** One piece of independent work; inputs and results cross processes by structured clone, typed arrays included. */
export type Job<Input, Output> = (input: Input, context: JobContext) => Output | Promise<Output>;

/**
 * The default export of a job module: called once in each worker, when its backend is ready, with the `setup` of the
 * parent. There is no report of a backend where none was asked for. What it prepares, such as a network and its data, serves
 * every job of this worker.
 */
export type JobModule<Setup, Input, Output> = (
  setup: Setup,
  backend: BackendReport | undefined,
) => Job<Input, Output> | Promise<Job<Input, Output>>;

/** @internal */
export type ToWorker =
  | {
      kind: "start";
      module: string;
      backend: BackendName | "auto" | "none";
      from: string;
      setup: unknown;
      gracePeriod: number;
    }
  | { kind: "job"; id: number; input: unknown }
  | { kind: "stop" };

/** @internal An error as plain data: classes do not survive the way between processes, names and codes do. */
export interface PlainError {
  name: string;
  message: string;
  code?: string;
  stack?: string;
}

/** @internal */
export type FromWorker =
  | { kind: "ready"; backend: BackendReport | undefined }
  | { kind: "unfit"; error: PlainError }
  | { kind: "progress"; id: number; value: unknown }
  | { kind: "done"; id: number; output: unknown }
  | { kind: "failed"; id: number; error: PlainError };

/** @internal */
export function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack, code } = error as Error & { code?: unknown };
  return { name, message, ...(stack === undefined ? {} : { stack }), ...(typeof code === "string" ? { code } : {}) };
}

/** @internal The error a worker met, with its name, code and stack. */
export function revivedError({ name, message, code, stack }: PlainError): Error {
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
