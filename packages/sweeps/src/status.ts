import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isAlive, lockFiles, readRunFile, wholeLines, type RunFile } from "@sgdscope/runs";
import { z } from "zod";
import { runsFolder } from "./engine/folder.js";
import type { PlannedRun } from "./plan.js";
import { workersFolder } from "./work.js";

/** How far a run of a sweep is. `begun`: it has a folder and nobody works on it; it goes on where it was. */
export type Progress = "waiting" | "begun" | "running" | "done" | "failed";

/** A line of the plan and what its folder says. */
export interface RunStatus {
  index: number;
  id: string;
  progress: Progress;
  /** Why it failed. */
  error?: string;
}

/**
 * How far every run of a sweep is, from its folders alone; nothing is changed.
 *
 * A lock of another machine counts as running: only a worker that watches it can tell whether it lives.
 */
export async function sweepStatus(sweep: string, plan: readonly PlannedRun[]): Promise<RunStatus[]> {
  const files = lockFiles(join(sweep, runsFolder));
  const { locks, ended } = await files.list();
  return Promise.all(
    plan.map(async ({ index, id }): Promise<RunStatus> => {
      const run = await readRunFile(join(sweep, runsFolder, id));
      if (run?.state === "done") return { index, id, progress: "done" };
      if (run?.state === "failed" && ended.get(id) === "failed")
        return { index, id, progress: "failed", error: run.error?.message ?? "" };
      const lock = locks.get(id);
      const found = lock === undefined ? undefined : await files.look(lock);
      if (found !== undefined && !found.released && isAlive(found.owner) !== false)
        return { index, id, progress: "running" };
      return { index, id, progress: run === undefined ? "waiting" : "begun" };
    }),
  );
}

/**
 * Hands out again the runs that failed, and those that count as done but whose folder was removed.
 *
 * @returns The lines that will be run again.
 */
export async function retryRuns(sweep: string, plan: readonly PlannedRun[]): Promise<RunStatus[]> {
  const files = lockFiles(join(sweep, runsFolder));
  await files.adopt();
  const { ended } = await files.list();
  const again: RunStatus[] = [];
  for (const status of await sweepStatus(sweep, plan)) {
    const ending = ended.get(status.id);
    if (ending === undefined || status.progress === "done") continue;
    await files.forget(status.id, ending);
    again.push(status);
  }
  return again;
}

/** The run files of the runs that are done, in the order of the plan. */
export async function doneRuns<Task, Result>(
  sweep: string,
  plan: readonly PlannedRun<Task>[],
): Promise<(RunFile<Task, Result> & { record: Result })[]> {
  const files = await Promise.all(plan.map(({ id }) => readRunFile<Task, Result>(join(sweep, runsFolder, id))));
  return files.filter(
    (file): file is RunFile<Task, Result> & { record: Result } => file?.state === "done" && file.record !== undefined,
  );
}

/** How the time of all workers of a sweep so far was spent, in seconds; what a kill cut off after the last run is not in it. */
export async function sweepTime(sweep: string): Promise<{ workers: number; inRuns: number; total: number }> {
  const folder = join(sweep, workersFolder);
  const names = await readdir(folder).catch(() => []);
  const sum = { workers: 0, inRuns: 0, total: 0 };
  for (const name of names) {
    const line = (await wholeLines(join(folder, name))).at(-1);
    if (line === undefined) continue;
    const { success, data } = accountSchema.safeParse(jsonOf(line));
    // An account that cannot be read is of no account: no result depends on it.
    if (!success) continue;
    const { inRuns, total } = data;
    sum.workers++;
    sum.inRuns += inRuns;
    sum.total += total;
  }
  return sum;
}

const accountSchema = z.looseObject({ inRuns: z.number().min(0), total: z.number().min(0) });

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
