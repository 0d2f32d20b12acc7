import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "@sgdscope/array-files";
import { readRunFile, RunsError, wholeLines } from "@sgdscope/runs";
import { ResultFilesError } from "./errors.js";
import { tableOf, type Table } from "./table.js";

/** A run folder as written by `sgdscope train` and `sgdscope sweep`. */
export interface StoredRun {
  id: string;
  directory: string;
  state: string;
  /** What determines the run. */
  task: object;
  /** Its result, once there is one. */
  record: object | undefined;
  /** The lines of `metrics.jsonl`; a torn last line, which a kill can leave, is ignored. */
  metrics: object[];
  /** When the last metric was written, in seconds since 1970. */
  written: number;
}

/**
 * The run folders in `folders`: each is a run folder, contains run folders, or is a sweep with a folder `runs`. In the order given, then by name.
 *
 * @throws ResultFilesError `NO_RUNS` for a folder without any.
 */
export async function findRuns(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    if (await isRun(folder)) {
      found.push(folder);
      continue;
    }
    const inside = [...(await runsIn(folder)), ...(await runsIn(join(folder, "runs")))];
    if (inside.length === 0)
      throw new ResultFilesError("NO_RUNS", `findRuns: there is no run in ${folder}; a run folder contains run.json`);
    found.push(...inside);
  }
  return found;
}

/**
 * Reads run folders, found as by `findRuns`; one whose `run.json` is empty, which a power cut can leave, has not begun.
 *
 * @throws ResultFilesError `NO_RUNS`, `INVALID_RUN`.
 */
export async function readRuns(folders: readonly string[]): Promise<StoredRun[]> {
  const runs = await Promise.all((await findRuns(folders)).map(readRun));
  return runs.filter((run) => run !== undefined);
}

/** One row per metric line: `run` and its fields. */
export const metricsTable = (runs: readonly StoredRun[]): Table =>
  tableOf(
    runs.flatMap(({ id, metrics }) => metrics.map((metric) => ({ run: id, ...metric }))),
    ["run"],
  );

/** One row per run: `run`, `state`, and the fields of `task` and `record` under dotted names. */
export const recordsTable = (runs: readonly StoredRun[]): Table =>
  tableOf(
    runs.map(({ id, state, task, record }) => ({ run: id, state, task, ...(record === undefined ? {} : { record }) })),
    ["run", "state"],
  );

async function readRun(directory: string): Promise<StoredRun | undefined> {
  const path = join(directory, "run.json");
  const run = await readRunFile(directory).catch((error: unknown) => {
    if (error instanceof RunsError)
      throw new ResultFilesError("INVALID_RUN", `readRuns: ${error.message}`, { cause: error });
    throw error;
  });
  if (run === undefined) return undefined;
  const { id, state, task, record } = run;
  if (!isObject(task) || (record !== undefined && !isObject(record)))
    throw new ResultFilesError("INVALID_RUN", `readRuns: expected ${path} to hold a task and a record as objects`);
  const metricsPath = join(directory, "metrics.jsonl");
  const lines = await wholeLines(metricsPath);
  return {
    id,
    directory,
    state,
    task,
    record,
    metrics: lines.map((line) => metricOf(metricsPath, line)),
    written: (await stat(lines.length === 0 ? path : metricsPath)).mtimeMs / 1000,
  };
}

/** A line of `metrics.jsonl`, checked. */
export function metricOf(path: string, line: string): object {
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (error) {
    const message = `readRuns: expected JSON in ${path}, got: ${line.slice(0, 60)}`;
    throw new ResultFilesError("INVALID_RUN", message, { cause: error });
  }
  if (isMetric(value)) return value;
  throw new ResultFilesError(
    "INVALID_RUN",
    `readRuns: expected an object with a step and numbers in ${path}, got: ${line.slice(0, 60)}`,
  );
}

/** A line of `metrics.jsonl`: a step from 0 up, and numbers, texts or nothing by name. */
function isMetric(value: unknown): value is object {
  if (!isObject(value)) return false;
  const { step } = value as { step?: unknown };
  return (
    Number.isSafeInteger(step) &&
    (step as number) >= 0 &&
    Object.values(value).every((each) => each === null || typeof each !== "object")
  );
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isRun = (folder: string): Promise<boolean> =>
  stat(join(folder, "run.json")).then(
    (found) => found.isFile(),
    () => false,
  );

async function runsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const found: string[] = [];
  for (const name of names.sort()) if (await isRun(join(folder, name))) found.push(join(folder, name));
  return found;
}
