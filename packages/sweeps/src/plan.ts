import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, placeFile, runId } from "@sgdscope/runs";
import { z } from "zod";
import { SweepError } from "./errors.js";
import { gridPoints } from "./grid/grid.js";
import type { GridInput } from "./grid/schema.js";

/** One line of a plan: a run, its place and its name. */
export interface PlannedRun<Task = unknown> {
  /** Line number from 0: what a job array counts. */
  index: number;
  /** `runId(task)`: the name of its folder. */
  id: string;
  /** Everything that determines the run. */
  task: Task;
}

/** The file of a plan in a sweep's folder, one run a line. */
export const planFile = "plan.jsonl";

/**
 * The runs of a grid, in its order. Points that resolve to the same task are one run.
 *
 * @param resolve - Checks the settings of a point and fills in what is left to defaults: two equal tasks have one name.
 * @throws SweepError `INVALID_GRID` if nothing is left; whatever `resolve` throws.
 */
export function planRuns<Task>(
  grid: GridInput,
  resolve: (settings: Record<string, unknown>) => Task,
): PlannedRun<Task>[] {
  const runs = new Map<string, Task>();
  for (const settings of gridPoints(grid)) {
    const task = resolve(settings);
    runs.set(runId(task), task);
  }
  if (runs.size === 0) throw new SweepError("INVALID_GRID", "grid: all runs are excluded; expected at least one");
  return [...runs].map(([id, task], index) => ({ index, id, task }));
}

/**
 * Writes the plan of a sweep into its folder, whole or not at all. A folder that has a plan keeps it: the new one may only
 * add lines at its end, so that indices stay what they were.
 *
 * @returns How many lines were added.
 * @throws SweepError `INVALID_PLAN` if the folder plans something else; RunsError `STORAGE`.
 */
export async function writePlan(folder: string, plan: readonly PlannedRun[]): Promise<number> {
  const before = await readPlan(folder).catch((error: unknown) => {
    if (error instanceof SweepError && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return [];
    throw error;
  });
  const different = before.find(({ id }, k) => plan[k]?.id !== id);
  if (different !== undefined)
    throw new SweepError(
      "INVALID_PLAN",
      `writePlan: ${join(folder, planFile)} plans another run on line ${different.index}; a plan may only grow at its end`,
    );
  if (before.length === plan.length) return 0;
  await makeFolder(folder);
  await placeFile(join(folder, planFile), plan.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return plan.length - before.length;
}

/**
 * The plan of a sweep's folder.
 *
 * @throws SweepError `INVALID_PLAN` where there is none, or a line is not what `writePlan` writes.
 */
export async function readPlan<Task = unknown>(folder: string): Promise<PlannedRun<Task>[]> {
  const path = join(folder, planFile);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new SweepError("INVALID_PLAN", `readPlan: there is no plan ${path}`, {
      cause: error,
    });
  }
  return parsePlan<Task>(text, path);
}

/**
 * The text of a plan, checked line by line.
 *
 * @param path - Where it is from, for messages.
 * @throws SweepError `INVALID_PLAN`.
 */
export function parsePlan<Task = unknown>(text: string, path: string): PlannedRun<Task>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line, index) => {
      const run = parsed(line);
      if (run?.index !== index || runId(run.task) !== run.id)
        throw new SweepError(
          "INVALID_PLAN",
          `readPlan: line ${index} of ${path} does not name its run by the hash of its task: ${line.slice(0, 80)}`,
        );
      return run as unknown as PlannedRun<Task>;
    });
}

/** Where schedulers say which line is meant: Slurm, Kubernetes, Grid Engine (which counts from 1). */
const indexVariables: [name: string, first: number][] = [
  ["SLURM_ARRAY_TASK_ID", 0],
  ["JOB_COMPLETION_INDEX", 0],
  ["SGE_TASK_ID", 1],
];

/**
 * The line a scheduler asks for: SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX or SGE_TASK_ID (whose first is 1), plus `offset`.
 *
 * @returns Undefined where none of them is a whole number.
 */
export function indexFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  offset = 0,
): number | undefined {
  for (const [name, first] of indexVariables) {
    const text = environment[name];
    if (text !== undefined && /^\d+$/.test(text)) return Number(text) - first + offset;
  }
  return undefined;
}

/**
 * Line `index` of a plan.
 *
 * @throws SweepError `INVALID_INDEX`.
 */
export function lineOf<Task>(plan: readonly PlannedRun<Task>[], index: number): PlannedRun<Task> {
  const line = plan[index];
  if (line === undefined)
    throw new SweepError("INVALID_INDEX", `index: expected 0 to ${plan.length - 1}, got ${index}`);
  return line;
}

const lineSchema = z.strictObject({ index: z.int().min(0), id: z.string(), task: z.record(z.string(), z.json()) });

function parsed(line: string): z.infer<typeof lineSchema> | undefined {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
