import { availableParallelism } from "node:os";
import { indexFromEnvironment, lineOf, readPlan, retryRuns, sweepStatus, type PlannedRun } from "@sgdscope/sweeps";
import type { MinimumTask } from "@sgdscope/training";
import { CliError, exitCodes, usageError } from "../terminal/errors.js";
import { printJson } from "../terminal/json.js";
import { formatNumber, formatSeconds } from "../terminal/number.js";
import { progressOn } from "../terminal/progress.js";
import { stopSignal } from "../terminal/signals.js";
import { plural } from "../terminal/words.js";
import type { SweepRunOptions } from "./options.js";
import { runSweepPool } from "./pool.js";
import { probingOfRuns } from "./probing.js";
import type { SweepMessage, SweepWork } from "./work.js";
import { print, tell } from "../terminal/print.js";

/** Runs a sweep, or one line of it, and prints what came of it. */
export async function sweepRun(sweep: string, options: SweepRunOptions): Promise<void> {
  const stop = stopSignal();
  const { signal } = stop;
  const start = performance.now();
  const plan = await readPlan<MinimumTask>(sweep);
  const index =
    options.index ?? (options.jobs === undefined ? indexFromEnvironment(process.env, options.offset) : undefined);
  if (index !== undefined && options.redis !== undefined)
    throw usageError("--redis cannot be used with --index: the server hands out the lines");
  if (index !== undefined) await retryRuns(sweep, [lineOf(plan, index)]);
  const open = (await sweepStatus(sweep, plan)).filter(({ progress }) => progress !== "done" && progress !== "failed");
  const workers = index === undefined ? Math.min(options.jobs ?? availableParallelism(), Math.max(1, open.length)) : 1;
  const progress = progressOf(plan, options.quiet === true, plan.length - open.length);
  const shared = { sweep, options, signal, tell: progress.listener };
  const spent = await (
    open.length === 0 && index === undefined
      ? Promise.resolve({ inRuns: 0, stopped: 0 })
      : workers === 1
        ? inThisProcess({ ...shared, plan, ...(index === undefined ? {} : { only: index }) }, options)
        : runSweepPool({ ...shared, workers })
  ).finally(() => {
    progress.end();
    stop.off();
  });
  if (options.quiet !== true) for (const line of progress.probing()) tell(`${line}\n`);
  await conclude(sweep, plan, index, {
    workers,
    seconds: (performance.now() - start) / 1000,
    // The clock starts with the process, so that loading it counts as time outside the runs.
    share: spent.inRuns / (workers * (performance.now() / 1000)),
    stopped: signal.aborted || spent.stopped > 0,
    options,
  });
}

async function inThisProcess(
  shared: Omit<SweepWork, "backend">,
  { backend }: SweepRunOptions,
): Promise<{ inRuns: number; stopped: number }> {
  const [{ prepareBackend }, { workOnSweep }] = await Promise.all([import("@sgdscope/compute"), import("./work.js")]);
  return workOnSweep({ ...shared, backend: (await prepareBackend(backend)).name });
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
    printJson({
      schema: "sgdscope/sweep-run@1",
      sweep,
      ...counts,
      workers: spent.workers,
      seconds: spent.seconds,
      shareInRuns: spent.share,
      stopped: spent.stopped,
      failures: failed,
    });
  else
    print(
      `${counts.done} of ${plural(counts.runs, "run")} done${counts.failed === 0 ? "" : `, ${counts.failed} failed`} · ` +
        `${plural(spent.workers, "worker")}, ${formatSeconds(spent.seconds)}, ` +
        `${formatNumber(100 * spent.share, 3)} % of their time inside runs\n`,
    );
  if (spent.stopped) {
    if (spent.options.quiet !== true) tell("stopped with checkpoints; run the same command again to continue\n");
    process.exitCode = exitCodes.resumable;
  } else if (failed.length > 0) {
    const [{ id, error }] = failed as [(typeof failed)[number]];
    throw new CliError(
      `${failed.length} of ${plural(mine.length, "run")} failed, the first (${id}) with: ${error ?? ""}`,
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
  const probing = probingOfRuns();
  const draw = (message: string): void => {
    const running = [...share.values()].reduce((sum, value) => sum + value, 0);
    progress.update((ended + running) / plan.length, `${ended} of ${plan.length} runs  ${message}`);
  };
  return {
    end: () => progress.end(),
    probing: () => probing.lines(),
    listener: (message: SweepMessage): void => {
      if (message.kind === "progress") {
        const { index, step, loss } = message;
        share.set(index, Math.min(0.95, step / plan[index]!.task.maxSteps));
        draw(`${nameOf(plan[index]!)}: step ${step}, loss ${formatNumber(loss, 2)}`);
      } else if (message.kind === "probing") {
        probing.add(message.summary);
      } else {
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
