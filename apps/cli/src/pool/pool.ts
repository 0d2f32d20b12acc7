import { fork, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import type { MinimumRecord, MinimumTask } from "@sgdscope/experiments";
import { CliError, exitCodes } from "../terminal/exit.js";
import type { BackendName } from "../commands/options.js";

/** What a parent sends to a worker process. */
export type ToWorker = { index: number; task: MinimumTask; backend: BackendName };
/** What a worker process answers. */
export type FromWorker =
  | { kind: "ready" }
  | { kind: "progress"; index: number; step: number; loss: number }
  | { kind: "done"; index: number; record: MinimumRecord }
  | { kind: "failed"; index: number; message: string; code?: string };

export interface PoolOptions {
  /** Processes; default: one a core, at most one a task. TensorFlow.js on wasm uses one thread each. */
  workers?: number;
  backend: BackendName;
  /** How far each task is. */
  onProgress?: (index: number, step: number, loss: number) => void;
  onRecord?: (index: number, record: MinimumRecord) => void;
}

/**
 * Runs independent tasks in processes of their own, each with its own backend, and gives the records in the order of the tasks.
 *
 * The result does not depend on the number of workers: a task carries its seed. The first failure ends all workers.
 */
export async function runTasks(tasks: MinimumTask[], options: PoolOptions): Promise<MinimumRecord[]> {
  const count = Math.min(tasks.length, options.workers ?? availableParallelism());
  const records: MinimumRecord[] = [];
  const waiting = tasks.map((task, index) => ({ index, task, backend: options.backend }) satisfies ToWorker);
  const children: ChildProcess[] = [];
  try {
    await Promise.all(Array.from({ length: count }, () => serve()));
  } finally {
    for (const child of children) child.kill();
  }
  return records;

  function serve(): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = fork(process.argv[1]!, ["worker"], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
      children.push(child);
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
        else if (message.kind === "progress") options.onProgress?.(message.index, message.step, message.loss);
        else if (message.kind === "failed") reject(Object.assign(new Error(message.message), { code: message.code }));
        else {
          records[message.index] = message.record;
          options.onRecord?.(message.index, message.record);
          next();
        }
      });
    });
  }
}
