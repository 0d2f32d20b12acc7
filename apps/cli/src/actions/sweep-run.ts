import { availableParallelism } from "node:os";
import type { MinimumTask } from "@sgdscope/experiments";
import { indexFromEnvironment, lineOf, readPlan, retryRuns, sweepStatus, type PlannedRun } from "@sgdscope/sweeps";
import type { SweepRunOptions } from "../commands/sweep.js";
import { runSweepPool, type FromSweepWorker, type SweepPoolOptions } from "../pool/sweep-pool.js";
import { CliError, exitCodes, usageError } from "../terminal/exit.js";
import { formatNumber, formatSeconds } from "../terminal/number.js";
import { progressOn } from "../terminal/progress.js";
import { asCliError, forUser } from "./sweep-errors.js";

const signals = ["SIGTERM", "SIGINT", "SIGUSR1"] as const;

/** Aborted by the signals that ask for a checkpoint. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) process.on(signal, () => controller.abort());
  return controller.signal;
}

/** Runs a sweep, or one line of it, and prints what came of it. */
export async function sweepRun(sweep: string, options: SweepRunOptions): Promise<void> {
  const signal = stopSignal();
  const start = performance.now();
  await forUser(async () => {
    const plan = await readPlan<MinimumTask>(sweep);
    const index =
      options.index ?? (options.jobs === undefined ? indexFromEnvironment(process.env, options.offset) : undefined);
    if (index !== undefined && options.redis !== undefined)
      throw usageError("--redis: expected runs to be handed out by the server, got --index");
    if (index !== undefined) await retryRuns(sweep, [lineOf(plan, index)]);
    const open = (await sweepStatus(sweep, plan)).filter(
      ({ progress }) => progress !== "done" && progress !== "failed",
    );
    const workers =
      index === undefined ? Math.min(options.jobs ?? availableParallelism(), Math.max(1, open.length)) : 1;
    const progress = progressOf(plan, options.quiet === true, plan.length - open.length);
    const shared = { sweep, plan, options, signal, listener: progress.listener };
    const spent = await (
      open.length === 0 && index === undefined
        ? Promise.resolve({ inRuns: 0, stopped: 0 })
        : workers === 1
          ? inThisProcess({ ...shared, ...(index === undefined ? {} : { only: index }) })
          : runSweepPool({ ...shared, workers })
    ).finally(() => progress.end());
    await conclude(sweep, plan, index, {
      workers,
      seconds: (performance.now() - start) / 1000,
      // The clock starts with the process, so that loading it counts as time outside the runs.
      share: spent.inRuns / (workers * (performance.now() / 1000)),
      stopped: signal.aborted || spent.stopped > 0,
      options,
    });
  });
}

async function inThisProcess(
  shared: Omit<SweepPoolOptions, "workers"> & { plan: PlannedRun<MinimumTask>[]; only?: number },
): Promise<{ inRuns: number; stopped: number }> {
  const { workOnSweep } = await import("./sweep-work.js");
  return workOnSweep({
    ...shared,
    onEvent: (event) => shared.listener({ kind: "event", event }),
    onProgress: (index, step, loss) => shared.listener({ kind: "progress", index, step, loss }),
  });
}

/** `sweep work`: one process of the pool. Its parent is told everything; when it goes, the work stops with a checkpoint. */
export async function sweepWorker(sweep: string, options: SweepRunOptions): Promise<void> {
  if (process.send === undefined) throw new Error("sweep work: is started by sweep run only");
  const send = (message: FromSweepWorker): Promise<void> =>
    new Promise((resolve) => {
      if (process.connected) process.send!(message, undefined, undefined, () => resolve());
      else resolve();
    });
  const gone = new AbortController();
  process.on("disconnect", () => gone.abort());
  const signal = AbortSignal.any([stopSignal(), gone.signal]);
  try {
    const { workOnSweep } = await import("./sweep-work.js");
    const { inRuns, stopped } = await workOnSweep({
      sweep,
      plan: await readPlan<MinimumTask>(sweep),
      options,
      signal,
      onEvent: (event) => void send({ kind: "event", event }),
      onProgress: (index, step, loss) => void send({ kind: "progress", index, step, loss }),
    });
    await send({ kind: "end", inRuns, stopped });
    process.exitCode = stopped > 0 ? exitCodes.resumable : exitCodes.ok;
  } catch (error) {
    const known = asCliError(error);
    const { message } = known as Error;
    await send(
      known instanceof CliError
        ? {
            kind: "hopeless",
            message,
            exitCode: known.exitCode,
            ...(known.help === undefined ? {} : { help: known.help }),
          }
        : { kind: "hopeless", message, exitCode: exitCodes.failed },
    );
    process.exitCode = exitCodes.failed;
  }
  if (process.connected) process.disconnect();
}

/** Says how the sweep stands and sets the exit code. */
async function conclude(
  sweep: string,
  plan: PlannedRun<MinimumTask>[],
  index: number | undefined,
  spent: { workers: number; seconds: number; share: number; stopped: boolean; options: SweepRunOptions },
): Promise<void> {
  const all = await sweepStatus(sweep, plan);
  const mine = index === undefined ? all : [all[index]!];
  const count = (progress: string): number => all.filter((run) => run.progress === progress).length;
  const failed = mine.filter(({ progress }) => progress === "failed");
  const counts = { runs: plan.length, done: count("done"), failed: count("failed"), running: count("running") };
  if (spent.options.json === true)
    process.stdout.write(
      `${JSON.stringify({ schema: "sgdscope/sweep-run@1", sweep, ...counts, workers: spent.workers, seconds: spent.seconds, shareInRuns: spent.share, stopped: spent.stopped, failures: failed }, null, 2)}\n`,
    );
  else
    process.stdout.write(
      `${counts.done} of ${counts.runs} runs done${counts.failed === 0 ? "" : `, ${counts.failed} failed`} · ` +
        `${spent.workers} worker${spent.workers === 1 ? "" : "s"}, ${formatSeconds(spent.seconds)}, ` +
        `${formatNumber(100 * spent.share, 3)} % of their time inside runs\n`,
    );
  if (spent.stopped) {
    if (spent.options.quiet !== true) process.stderr.write("stopped with checkpoints; the same command goes on\n");
    process.exitCode = exitCodes.resumable;
  } else if (failed.length > 0) {
    const [{ id, error }] = failed as [(typeof failed)[number]];
    throw new CliError(
      `${failed.length} of ${mine.length} runs failed, the first (${id}) with: ${error ?? ""}`,
      exitCodes.failed,
      `sgdscope sweep status ${sweep} shows them; sgdscope sweep retry ${sweep} hands them out again`,
    );
  }
}

/** One bar over all runs, a line for each that ends. */
function progressOf(plan: PlannedRun<MinimumTask>[], quiet: boolean, before: number) {
  const progress = progressOn(process.stderr, quiet);
  let ended = before;
  const share = new Map<number, number>();
  const draw = (message: string): void => {
    const running = [...share.values()].reduce((sum, value) => sum + value, 0);
    progress.update((ended + running) / plan.length, `${ended} of ${plan.length} runs  ${message}`);
  };
  return {
    end: () => progress.end(),
    listener: (message: FromSweepWorker): void => {
      if (message.kind === "progress") {
        const { index, step, loss } = message;
        share.set(index, Math.min(0.95, step / plan[index]!.task.maxSteps));
        draw(`${nameOf(plan[index]!)}: step ${step}, loss ${formatNumber(loss, 2)}`);
      } else if (message.kind === "event") {
        const { event } = message;
        if (event.kind === "started") return;
        share.delete(event.index);
        if (event.kind === "done" || event.kind === "failed") ended++;
        if (event.kind === "failed") progress.note(`${nameOf(plan[event.index]!)} failed: ${event.message}`);
        draw("");
      }
    },
  };
}

const nameOf = ({ task }: PlannedRun<MinimumTask>): string =>
  `η = ${task.learningRate}, B = ${task.batchSize}, seed ${task.seed}`;
