import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SweepError } from "../errors.js";

/** How far a run is; a run without a folder is waiting. */
export type RunState = "running" | "stopped" | "done" | "failed";

/** What `run.json` holds: everything that determines the run, where it ran, and its result once there is one. */
export interface RunFile<Task = unknown, Result = unknown> {
  schema: "sgdscope/run@1";
  id: string;
  task: Task;
  environment: Record<string, string | number>;
  /** `running` also after a kill: whether somebody runs it, the claims say. */
  state: RunState;
  /** The result of a run that is done. */
  record?: Result;
  /** Why a run failed. */
  error?: { message: string; code?: string };
}

/**
 * The `run.json` of a run folder, or undefined where there is none.
 *
 * @throws SweepError `INVALID_RUN` if the file is something else.
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
  let run: Partial<RunFile<Task, Result>>;
  try {
    run = JSON.parse(text) as RunFile<Task, Result>;
  } catch (error) {
    throw new SweepError("INVALID_RUN", `readRunFile: expected JSON in ${path}, got something else`, { cause: error });
  }
  if (run.schema !== "sgdscope/run@1")
    throw new SweepError(
      "INVALID_RUN",
      `readRunFile: expected schema sgdscope/run@1 in ${path}, got ${String(run.schema)}`,
    );
  return run as RunFile<Task, Result>;
}
