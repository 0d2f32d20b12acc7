import { fork, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import type { StudyKind, StudyRecords, StudyTasks } from "@sgdscope/experiments";
import { environmentOfWorkers } from "@sgdscope/compute/workers";
import { CliError, exitCodes } from "../terminal/exit.js";
import type { BackendName } from "../commands/options.js";

/** One piece of work for a process. */
export type PoolJob = { [K in StudyKind]: { study: K; task: StudyTasks[K] } }[StudyKind];
/** What a parent sends to a worker process. */
export type ToWorker = PoolJob & { index: number; backend: BackendName };
/** What a worker process answers. */
export type FromWorker =
  | { kind: "ready" }
  | { kind: "progress"; index: number; fraction: number; message: string }
  | { kind: "done"; index: number; records: StudyRecords[StudyKind][]; seconds: number; backend: string }
  | { kind: "failed"; index: number; message: string; code?: string };

/** A job that is done: its records, and the processor time it took. */
export type PoolResult = Pick<FromWorker & { kind: "done" }, "records" | "seconds" | "backend">;

export interface PoolOptions {
  /** Processes; default: one a core, at most one a job. TensorFlow.js on wasm uses one thread each. */
  workers?: number;
  backend: BackendName;
  /** Ends all workers; the pool then fails with the signal's reason. */
  signal?: AbortSignal;
  /** How far each job is. */
  onProgress?: (index: number, fraction: number, message: string) => void;
  /** Called once a job; what it does is over before the pool is. */
  onDone?: (index: number, result: PoolResult) => void | Promise<void>;
}

/**
 * Runs independent jobs in processes of their own, each with its own backend, and gives the results in the order of the jobs.
 *
 * The records do not depend on the number of workers: a task carries its seed. The first failure ends all workers.
 */
export async function runJobs(jobs: readonly PoolJob[], options: PoolOptions): Promise<PoolResult[]> {
  const count = Math.min(jobs.length, options.workers ?? availableParallelism());
  const results: PoolResult[] = [];
  const waiting = jobs.map((job, index): ToWorker => ({ ...job, index, backend: options.backend }));
  const children: ChildProcess[] = [];
  try {
    await Promise.all(Array.from({ length: count }, () => serve()));
  } finally {
    for (const child of children) child.kill();
  }
  return results;

  function serve(): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = fork(process.argv[1]!, ["worker"], {
        stdio: ["ignore", "ignore", "inherit", "ipc"],
        serialization: "advanced", // keeps NaN and Infinity
        env: environmentOfWorkers(count),
      });
      children.push(child);
      options.signal?.addEventListener("abort", () => reject(options.signal!.reason as Error));
      let current: ToWorker | undefined;
      const next = (): void => {
        current = waiting.shift();
        if (current !== undefined) child.send(current);
        else {
          child.disconnect();
          resolve();
        }
      };
      child.on("error", reject);
      child.on("exit", (code, signal) => {
        if (current !== undefined)
          reject(new CliError(`a worker process ended early (${signal ?? `exit code ${code}`})`, exitCodes.failed));
      });
      child.on("message", (message: FromWorker) => {
        if (message.kind === "ready") next();
        else if (message.kind === "progress") options.onProgress?.(message.index, message.fraction, message.message);
        else if (message.kind === "failed") reject(Object.assign(new Error(message.message), { code: message.code }));
        else {
          const { index, records, seconds, backend } = message;
          results[index] = { records, seconds, backend };
          Promise.resolve(options.onDone?.(index, results[index])).then(next, reject);
        }
      });
    });
  }
}
