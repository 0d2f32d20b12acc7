import { appendFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  RunsError,
  isStorageFault,
  lockRun,
  makeFolder,
  openRun,
  storageError,
  type LockedRun,
  type RunFolder,
} from "@sgdscope/runs";
import type { Engine, Lease } from "./engine/engine.js";
import { runsFolder } from "./engine/folder.js";
import { lineOf, type PlannedRun } from "./plan.js";

/** What a run is given to work with. */
export interface RunContext<Task = unknown, Result = unknown> extends PlannedRun<Task> {
  /** Where to write: metrics, checkpoints, files. */
  folder: RunFolder<Result>;
  /** Says to take a checkpoint and return "stopped". */
  signal: AbortSignal;
}

/** Does one run, from `folder.resume` where there is one; "stopped" if the signal ended it after a checkpoint. */
export type RunFunction<Task, Result> = (context: RunContext<Task, Result>) => Promise<{ record: Result } | "stopped">;

/** What a worker tells while it works. */
export type WorkEvent<Result = unknown> =
  | { kind: "started"; index: number; id: string; resumedFrom: number | undefined }
  | { kind: "done"; index: number; id: string; record: Result; seconds: number }
  | { kind: "failed"; index: number; id: string; message: string; seconds: number }
  | { kind: "stopped" | "lost"; index: number; id: string; seconds: number };

export interface WorkOptions<Task, Result> {
  /** The sweep's folder. */
  sweep: string;
  plan: readonly PlannedRun<Task>[];
  engine: Engine;
  run: RunFunction<Task, Result>;
  /** Goes into every `run.json`. */
  environment?: Record<string, string | number>;
  /** Extension of checkpoints; default `bin`. */
  extension?: string;
  /** Ends the current run with a checkpoint and then the worker. */
  signal?: AbortSignal;
  /** Takes at most so many runs. */
  limit?: number;
  /** Whether an error of a run means that no run can succeed here: the run is released and `work` throws it. Default: never. */
  isHopeless?: (error: unknown) => boolean;
  onEvent?: (event: WorkEvent<Result>) => void;
}

/** What a worker did, and how its time was spent since the start of its process. */
export interface WorkSummary {
  done: number;
  failed: number;
  stopped: number;
  /** Seconds inside the run function. */
  inRuns: number;
  /** Seconds since the process started. */
  total: number;
}

/** The folder of the workers' accounts in a sweep's folder. */
export const workersFolder = "workers";

/**
 * Takes runs from an engine one after another until there is none, and leaves each as a folder.
 *
 * A run that throws is failed, with its message in `run.json`, and the next is taken. A disk that takes no more, and an error that
 * `isHopeless`, end the worker: the run is released with everything written before, and the error is thrown.
 */
export async function work<Task, Result>(options: WorkOptions<Task, Result>): Promise<WorkSummary> {
  const { sweep, engine, signal, limit = Infinity } = options;
  const summary: WorkSummary = { done: 0, failed: 0, stopped: 0, inRuns: 0, total: 0 };
  const account = openAccount(sweep);
  for (let taken = 0; taken < limit && signal?.aborted !== true; taken++) {
    const lease = await engine.lease();
    if (lease === undefined) break;
    const event = await workOn(lease, options, summary);
    if (event !== undefined) {
      if (event.kind !== "lost") summary[event.kind]++;
      options.onEvent?.(event);
    }
    await account(summary);
    if (event?.kind === "stopped") break;
  }
  summary.total = performance.now() / 1000;
  return summary;
}

type EndEvent<Result> = Exclude<WorkEvent<Result>, { kind: "started" }>;

/** Runs what was leased and gives the lease back; undefined if the run was done before. */
async function workOn<Task, Result>(
  lease: Lease,
  options: WorkOptions<Task, Result>,
  summary: WorkSummary,
): Promise<EndEvent<Result> | undefined> {
  const { engine, sweep } = options;
  const { index, id } = lease;
  const directory = join(sweep, runsFolder, id);
  let folder: RunFolder<Result> | undefined;
  let own: LockedRun | undefined;
  let seconds = 0;
  try {
    const line = lineOf(options.plan, index);
    if (!engine.locksFolders)
      own = await lockRun(directory, {
        wait: true,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    folder = await openRun<Result>(directory, line, {
      environment: options.environment ?? {},
      lock: { held: async () => (await lease.held()) && (own === undefined || (await own.lock.held())) },
      ...(options.extension === undefined ? {} : { extension: options.extension }),
    });
    if (folder === undefined) {
      await engine.done(lease, "done");
      return undefined;
    }
    options.onEvent?.({ kind: "started", index, id, resumedFrom: folder.resume?.step });
    const signal = AbortSignal.any([lease.lost, ...(options.signal === undefined ? [] : [options.signal])]);
    const start = performance.now();
    const result = await options.run({ ...line, folder, signal }).finally(() => {
      seconds = (performance.now() - start) / 1000;
      summary.inRuns += seconds;
    });
    if (result === "stopped") {
      await folder.finish({ state: "stopped" });
      await engine.done(lease, "released");
      return { kind: lease.lost.aborted ? "lost" : "stopped", index, id, seconds };
    }
    await folder.finish({ state: "done", record: result.record });
    await engine.done(lease, "done");
    return { kind: "done", index, id, record: result.record, seconds };
  } catch (error) {
    if (error instanceof RunsError && error.code === "LOCK_LOST") {
      await folder?.close().catch(() => undefined);
      return { kind: "lost", index, id, seconds };
    }
    const hopeless = folder === undefined || isStorageFault(error) || options.isHopeless?.(error) === true;
    if (hopeless) {
      await folder?.close().catch(() => undefined);
      await engine.done(lease, "released").catch(() => undefined);
      throw isStorageFault(error) ? storageError(directory, error) : error;
    }
    const { message, code } = error as Error & { code?: unknown };
    await folder!.finish({ state: "failed", error: { message, ...(typeof code === "string" ? { code } : {}) } });
    await engine.done(lease, "failed");
    return { kind: "failed", index, id, message, seconds };
  } finally {
    await own?.lock.release("released").catch(() => undefined);
    await own?.close();
  }
}

/** The account of this process: one line after each run, so that a kill loses at most one. */
function openAccount(sweep: string): (summary: WorkSummary) => Promise<void> {
  const folder = join(sweep, workersFolder);
  const path = join(folder, `${hostname()}-${process.pid}-${Date.now()}.jsonl`);
  return async ({ done, failed, stopped, inRuns }) => {
    const line = { done, failed, stopped, inRuns, total: performance.now() / 1000 };
    try {
      await makeFolder(folder);
      await appendFile(path, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw storageError(path, error);
    }
  };
}
