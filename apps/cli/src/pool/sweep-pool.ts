import { fork, type ChildProcess } from "node:child_process";
import { environmentOfWorkers } from "@sgdscope/compute/workers";
import type { MinimumRecord } from "@sgdscope/experiments";
import type { WorkEvent } from "@sgdscope/sweeps";
import type { SweepRunOptions } from "../commands/sweep.js";
import { CliError, exitCodes } from "../terminal/exit.js";

/** What a worker process of a sweep tells its parent. */
export type FromSweepWorker =
  | { kind: "event"; event: WorkEvent<MinimumRecord> }
  | { kind: "progress"; index: number; step: number; loss: number }
  | { kind: "end"; inRuns: number; stopped: number }
  | { kind: "hopeless"; message: string; exitCode: number; help?: string };

export interface SweepPoolOptions {
  sweep: string;
  options: SweepRunOptions;
  workers: number;
  /** Passed on to the workers as SIGTERM. */
  signal: AbortSignal;
  listener: (message: FromSweepWorker) => void;
}

/** Workers that may die in a row without a run having ended before the sweep gives up. */
const deathsInARow = 3;

/**
 * Runs a sweep in processes of their own, each with its own backend, that take runs until there are none.
 *
 * A worker that is killed is replaced, and its run goes on at its checkpoint, unless worker after worker dies.
 */
export async function runSweepPool(pool: SweepPoolOptions): Promise<{ inRuns: number; stopped: number }> {
  const sum = { inRuns: 0, stopped: 0 };
  const children = new Set<ChildProcess>();
  let deaths = 0;
  const stop = (): void => children.forEach((child) => child.kill("SIGTERM"));
  pool.signal.addEventListener("abort", stop);

  const serve = async (): Promise<void> => {
    for (;;) {
      const died = await one();
      if (died === undefined || pool.signal.aborted) return;
      if (++deaths >= deathsInARow)
        throw new CliError(
          `${deaths} workers in a row ended early without finishing a run, the last with ${died}`,
          exitCodes.failed,
          "out of memory? fewer --jobs need less; runs go on at their checkpoints",
        );
    }
  };

  /** One worker from its start to its end; says how it died if it did. */
  function one(): Promise<string | undefined> {
    const { backend, checkpointEvery, staleAfter, redis } = pool.options;
    const flags = ["--backend", backend, "--checkpoint-every", checkpointEvery, "--stale-after", staleAfter].map(
      String,
    );
    return new Promise((resolve, reject) => {
      const child = fork(
        process.argv[1]!,
        ["sweep", "work", pool.sweep, ...flags, ...(redis === undefined ? [] : ["--redis", redis])],
        {
          stdio: ["ignore", "ignore", "inherit", "ipc"],
          env: environmentOfWorkers(pool.workers),
        },
      );
      children.add(child);
      let ended = false;
      let seconds = 0;
      child.on("message", (message: FromSweepWorker) => {
        if (message.kind === "event" && message.event.kind !== "started") {
          deaths = 0;
          seconds += message.event.seconds;
        }
        if (message.kind === "end") {
          ended = true;
          sum.stopped += message.stopped;
        }
        if (message.kind === "hopeless") {
          ended = true;
          reject(new CliError(message.message, message.exitCode, message.help));
        }
        pool.listener(message);
      });
      child.on("error", reject);
      child.on("exit", (code, signal) => {
        children.delete(child);
        sum.inRuns += seconds;
        resolve(ended ? undefined : (signal ?? `exit code ${code}`));
      });
    });
  }

  try {
    await Promise.all(Array.from({ length: pool.workers }, serve));
  } finally {
    stop();
    pool.signal.removeEventListener("abort", stop);
    await Promise.all([...children].map((child) => new Promise((resolve) => child.on("exit", resolve))));
  }
  return sum;
}
