import { readPlan, retryRuns, sweepStatus, type Progress, type RunStatus } from "@sgdscope/sweeps";
import { printJson } from "../terminal/json.js";
import { formatTable } from "../terminal/table.js";
import { plural } from "../terminal/words.js";
import { slurmStatus, type SlurmTask } from "./slurm.js";
import { print } from "../terminal/print.js";

const progresses: Progress[] = ["waiting", "begun", "running", "done", "failed"];

/** Counts and prints. */
export async function sweepStatusReport(sweep: string, { json }: { json?: boolean }): Promise<void> {
  const plan = await readPlan(sweep);
  const runs = await sweepStatus(sweep, plan);
  const tasks = await slurmStatus(sweep);
  const counts = Object.fromEntries(
    progresses.map((progress) => [progress, runs.filter((run) => run.progress === progress).length]),
  ) as Record<Progress, number>;
  if (json === true) {
    printJson({ schema: "sgdscope/sweep-status@1", sweep, ...counts, runs, ...(tasks && { slurm: tasks }) });
    return;
  }
  print(
    formatTable<Progress>(
      [
        { heading: "runs", cell: (progress) => progress, align: "left" },
        { heading: "", cell: (progress) => String(counts[progress]) },
      ],
      progresses,
    ),
  );
  const failed = runs.filter(({ progress }) => progress === "failed");
  if (failed.length > 0) print(`\n${failures(failed)}`);
  if (tasks !== undefined) print(`\n${schedulerTable(tasks)}`);
}

/** Hands failed runs out again. */
export async function sweepRetry(sweep: string): Promise<void> {
  const again = await retryRuns(sweep, await readPlan(sweep));
  print(
    again.length === 0
      ? "nothing to retry\n"
      : `${plural(again.length, "run")} to retry; sgdscope sweep run ${sweep} continues\n`,
  );
}

const failures = (failed: RunStatus[]): string =>
  formatTable<RunStatus>(
    [
      { heading: "line", cell: ({ index }) => String(index) },
      { heading: "failed run", cell: ({ id }) => id, align: "left" },
      { heading: "with", cell: ({ error }) => error ?? "", align: "left" },
    ],
    failed,
  );

/** How many array tasks are in each state of the scheduler. */
function schedulerTable(tasks: SlurmTask[]): string {
  const states = [...new Set(tasks.map(({ state }) => state))];
  return formatTable<string>(
    [
      { heading: "slurm tasks", cell: (state) => state, align: "left" },
      { heading: "", cell: (state) => String(tasks.filter((task) => task.state === state).length) },
    ],
    states,
  );
}
