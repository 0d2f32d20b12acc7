import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "@sgdscope/array-files";
import { z } from "zod";
import { RunsError } from "../errors.js";
import { runId } from "../run-id.js";
import { explainIssues, faultText } from "../schema/explain.js";

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

const runFileSchema = z.looseObject(
  {
    schema: z.enum(runSchemas, `expected ${runSchemas.join(" or ")}`),
    id: z.string("expected a text"),
    task: z.unknown(),
    environment: z.record(z.string(), z.union([z.string(), z.number()]), "expected texts and numbers by name"),
    state: z.enum(["running", "stopped", "done", "failed"], "expected running, stopped, done or failed"),
    record: z.unknown().optional(),
    error: z.looseObject({ message: z.string(), code: z.string().optional() }).optional(),
  },
  "expected an object",
);

/**
 * The `run.json` of a run folder, or undefined where there is none.
 *
 * @throws RunsError `INVALID_RUN` if the file is something else, or its id is not the hash of its task.
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
  return parseRunFile<Task, Result>(text, path);
}

/**
 * The text of a `run.json`, checked. What the task and the record are, their owner says.
 *
 * @param path - Where it is from, for messages.
 * @throws RunsError `INVALID_RUN`.
 */
export function parseRunFile<Task = unknown, Result = unknown>(text: string, path: string): RunFile<Task, Result> {
  const invalid = (problem: string, cause?: unknown): RunsError =>
    new RunsError("INVALID_RUN", `${path} ${problem}`, { cause, path });
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw invalid("is not JSON", error);
  }
  const { success, data, error } = runFileSchema.safeParse(value, { reportInput: true });
  if (!success) {
    const faults = explainIssues(runFileSchema, error.issues).map(faultText).join("; ");
    throw invalid(`is not the file of a run: ${faults}`, error);
  }
  const id = idOf(data.task);
  if (id !== data.id)
    throw invalid(`does not belong together: its task has the id ${id ?? "of none"}, the file says ${data.id}`);
  return data as unknown as RunFile<Task, Result>;
}

/** The id of a task; none for what no task can hold, such as numbers that are not finite. */
function idOf(task: unknown): string | undefined {
  try {
    return runId(task);
  } catch {
    return undefined;
  }
}
