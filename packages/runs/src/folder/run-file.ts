import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "@sgdscope/array-files";
import { RunsError } from "../errors.js";

/** How far a run is; a run without a folder is waiting. */
export type RunState = "running" | "stopped" | "done" | "failed";

/** The schemas of `run.json` that are read; the last is written. */
const runSchemas = ["sgdscope/run@1", "sgdscope/run@2"] as const;

/** What `run.json` holds: everything that determines the run, where it ran, and its result once there is one. */
export interface RunFile<Task = unknown, Result = unknown> {
  /** `@1` is what earlier versions wrote: infinities are null there, and records have other names. */
  schema: (typeof runSchemas)[number];
  id: string;
  task: Task;
  environment: Record<string, string | number>;
  /** `running` also after a kill: whether somebody runs it, the locks say. */
  state: RunState;
  /** The result of a run that is done; of a stopped one how far it came, where its writer says so. */
  record?: Result;
  /** Why a run failed. */
  error?: { message: string; code?: string };
}

/**
 * The `run.json` of a run folder, or undefined where there is none.
 *
 * @throws RunsError `INVALID_RUN` if the file is something else.
 */
export async function readRunFile<Task = unknown, Result = unknown>(
  directory: string,
): Promise<RunFile<Task, Result> | undefined> {
  const path = join(directory, "run.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  // A power cut can leave a name without its content; such a run has not begun.
  if (/^[\0\s]*$/.test(text)) return undefined;
  let run: Partial<RunFile<Task, Result>> | null;
  try {
    run = parseJson(text) as typeof run;
  } catch (error) {
    throw new RunsError("INVALID_RUN", `${path} is not JSON`, { cause: error, path });
  }
  if (run === null || !runSchemas.some((schema) => schema === run.schema))
    throw new RunsError(
      "INVALID_RUN",
      `expected schema ${runSchemas.join(" or ")} in ${path}, got ${String(run?.schema)}`,
      { path },
    );
  return run as RunFile<Task, Result>;
}
