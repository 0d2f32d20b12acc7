import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ResultFilesError } from "./errors.js";
import { findRuns } from "./runs.js";
import { columnsWithNumbers, withoutDates, type DescribedColumn } from "./view-numbers.js";

/** The answer to a query: plain JavaScript values, one object per row. */
export interface QueryResult {
  columns: string[];
  rows: Record<string, unknown>[];
}

type DuckDB = typeof import("@duckdb/node-api");

/**
 * Answers an SQL query over run folders by DuckDB. There are two views: `metrics`, one row per metric line with its `run`, and `runs`, one
 * row per run with `id`, `state`, and `task`, `record` and `environment` as structures (`record.minimum.traceG`).
 *
 * The files are read in place. Infinities, texts in JSON, are numbers. Integers beyond 2⁵³ come as
 * text, dates in an answer as ISO text.
 *
 * @param folders - As for `findRuns`.
 * @param load - Imports the optional package; for tests and bundlers.
 * @throws ResultFilesError `NOT_INSTALLED` without `@duckdb/node-api`, `NO_RUNS`, `QUERY_FAILED` with DuckDB's own message.
 */
export async function queryRuns(
  sql: string,
  folders: readonly string[],
  load: () => Promise<DuckDB> = () => import("@duckdb/node-api"),
): Promise<QueryResult> {
  const runs = (await findRuns(folders)).map((folder) => resolve(folder));
  const { DuckDBInstance } = await load().catch((error: unknown) => {
    throw new ResultFilesError(
      "NOT_INSTALLED",
      "queryRuns: the package @duckdb/node-api is not installed; install it with: npm install @duckdb/node-api",
      { cause: error },
    );
  });
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    // A query must not fetch anything from the network.
    await connection.run("set autoinstall_known_extensions = false");
    const rowsOf = async (asked: string): Promise<Record<string, unknown>[]> =>
      (await connection.runAndReadAll(asked)).getRowObjectsJS();
    const ask = async (asked: string): Promise<Record<string, unknown>> => (await rowsOf(asked))[0]!;
    /** Reads files as rows: the columns there are, and what to select them from. */
    const reading = async (paths: string[], more: string): Promise<{ columns: DescribedColumn[]; source: string }> => {
      const guessed = await rowsOf(`describe select * from read_json(${list(paths)}, union_by_name = true, ${more})`);
      const columns = guessed
        .map((row) => withoutDates({ name: row["column_name"] as string, type: row["column_type"] as string }))
        .filter(({ name }) => name !== "filename");
      const types = columns.map(({ name, type }) => `${text(name)}: ${text(type)}`).join(", ");
      return { columns, source: `read_json(${list(paths)}, columns = {${types}}, ${more})` };
    };
    const ofRuns = await reading(
      runs.map((run) => join(run, "run.json")),
      "maximum_object_size = 1073741824",
    );
    await connection.run(
      `create view runs as select ${await columnsWithNumbers(ofRuns.columns, ofRuns.source, ask)} from ${ofRuns.source}`,
    );
    const metrics = await existing(runs.map((run) => join(run, "metrics.jsonl")));
    if (metrics.length > 0) {
      const { columns, source } = await reading(
        metrics,
        "format = 'newline_delimited', filename = true, ignore_errors = true",
      );
      // A torn line is read as a row of nulls.
      const present = columns.map(({ name }) => `"${name.replaceAll('"', '""')}" is not null`).join(" or ");
      await connection.run(
        "create view metrics as select regexp_extract(filename, '([^/\\\\]+)[/\\\\]metrics.jsonl$', 1) as run, " +
          `${await columnsWithNumbers(columns, source, ask)} from ${source} where ${present}`,
      );
    }
    const reader = await connection.runAndReadAll(sql);
    const rows = reader.getRowObjectsJS().map((row) => plain(row) as Record<string, unknown>);
    return { columns: reader.deduplicatedColumnNames(), rows };
  } catch (error) {
    if (error instanceof ResultFilesError) throw error;
    throw new ResultFilesError("QUERY_FAILED", `queryRuns: ${(error as Error).message}`, { cause: error });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const list = (paths: readonly string[]): string => `[${paths.map(text).join(", ")}]`;

async function existing(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths)
    await access(path).then(
      () => found.push(path),
      () => undefined,
    );
  return found;
}

/** A value of DuckDB as a JSON value. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint")
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
  return value;
}
