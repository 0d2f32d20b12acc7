import { startWorkers } from "@sgdscope/compute/workers";
import { CliError, exitCodes } from "../terminal/errors.js";
import type { SweepSetup } from "./job.js";
import type { SweepRunOptions } from "./options.js";
import type { SweepMessage } from "./work.js";

export interface SweepPoolOptions {
  sweep: string;
  options: SweepRunOptions;
  workers: number;
  /** Asks the workers to stop with a checkpoint. */
  signal: AbortSignal;
  tell: (message: SweepMessage) => void;
}

/** Workers that may die in a row without a run having ended before the sweep gives up. */
const deathsInARow = 3;

/** Milliseconds that a worker has for its checkpoint; Slurm gives 120 seconds in all. */
const gracePeriod = 100_000;

/** Beside this file where the sources run; beside the program in what is published. */
const job = new URL(import.meta.url.endsWith(".ts") ? "./job.ts" : "./sweep-job.js", import.meta.url);

/**
 * Runs a sweep in processes of their own, each with its own backend, that take runs until there are none.
 *
 * A worker that is killed is replaced, and its run goes on at its checkpoint, unless worker after worker dies.
 */
export async function runSweepPool({
  sweep,
  options,
  workers: count,
  signal,
  tell,
}: SweepPoolOptions): Promise<{ inRuns: number; stopped: number }> {
  const { backend, checkpointEvery, staleAfter, redis } = options;
  const workers = await startWorkers<SweepSetup, null, { stopped: number }>(job, {
    workers: count,
    backend,
    gracePeriod,
    setup: { sweep, options: { checkpointEvery, staleAfter, ...(redis === undefined ? {} : { redis }) } },
  });
  const sum = { inRuns: 0, stopped: 0 };
  let deaths = 0;
  const hear = (message: SweepMessage): void => {
    if (message.kind === "event" && message.event.kind !== "started") {
      deaths = 0;
      sum.inRuns += message.event.seconds;
    }
    tell(message);
  };
  const asked = (): boolean => signal.aborted;
  const serve = async (): Promise<void> => {
    while (!asked())
      try {
        const { stopped } = await workers.run(null, { signal, onProgress: (value) => hear(value as SweepMessage) });
        sum.stopped += stopped;
        return;
      } catch (error) {
        if (asked()) return;
        const { code, message } = error as { code?: unknown; message?: string };
        if (code !== "WORKER_ENDED") throw error;
        if (++deaths >= deathsInARow)
          throw new CliError(
            `${deaths} workers in a row ended early without finishing a run: ${message}`,
            exitCodes.failed,
            "if memory ran out, use fewer --jobs; runs continue from their checkpoints",
          );
      }
  };
  try {
    await Promise.all(Array.from({ length: count }, serve));
  } finally {
    workers.close();
  }
  return sum;
}
