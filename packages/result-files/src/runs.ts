import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
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
 * Reads run folders, found as by `findRuns`.
 *
 * @throws ResultFilesError `NO_RUNS`, `INVALID_RUN`.
 */
export async function readRuns(folders: readonly string[]): Promise<StoredRun[]> {
  return Promise.all((await findRuns(folders)).map(readRun));
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

async function readRun(directory: string): Promise<StoredRun> {
  const path = join(directory, "run.json");
  const run = parsed(path, await readFile(path, "utf8"));
  const { id, state, task, record } = run as { id?: unknown; state?: unknown; task?: object; record?: object };
  if (typeof id !== "string" || typeof task !== "object")
    throw new ResultFilesError("INVALID_RUN", `readRuns: ${path} has no ${typeof id === "string" ? "task" : "id"}`);
  const metricsPath = join(directory, "metrics.jsonl");
  const text = await readFile(metricsPath, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  });
  const lines = text.split("\n").slice(0, -1);
  return {
    id,
    directory,
    state: String(state),
    task,
    record,
    metrics: lines.map((line) => parsed(metricsPath, line)),
    written: (await stat(text === "" ? path : metricsPath)).mtimeMs / 1000,
  };
}

function parsed(path: string, text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch (error) {
    throw new ResultFilesError("INVALID_RUN", `readRuns: expected JSON in ${path}, got: ${text.slice(0, 60)}`, {
      cause: error,
    });
  }
  throw new ResultFilesError("INVALID_RUN", `readRuns: expected an object in ${path}, got: ${text.slice(0, 60)}`);
}

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
