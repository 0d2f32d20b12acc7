import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ResultFilesError } from "./errors.js";
import { findRuns } from "./runs.js";

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
 * The files are read in place. Integers beyond 2⁵³ come as text, dates as ISO text.
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
    await connection.run(
      `create view runs as select * from read_json(${list(runs.map((run) => join(run, "run.json")))}, union_by_name = true, maximum_object_size = 1073741824)`,
    );
    const metrics = await existing(runs.map((run) => join(run, "metrics.jsonl")));
    if (metrics.length > 0) {
      const lines = `read_json(${list(metrics)}, format = 'newline_delimited', union_by_name = true, filename = true, ignore_errors = true)`;
      const described = await connection.runAndReadAll(`describe select * exclude (filename) from ${lines}`);
      const names = described
        .getRowObjectsJS()
        .map((row) => `"${(row["column_name"] as string).replaceAll('"', '""')}"`);
      // A torn line is read as a row of nulls.
      const present = names.map((name) => `${name} is not null`).join(" or ");
      await connection.run(
        "create view metrics as select regexp_extract(filename, '([^/\\\\]+)[/\\\\]metrics.jsonl$', 1) as run, * exclude (filename) " +
          `from ${lines} where ${present}`,
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

const list = (paths: readonly string[]): string =>
  `[${paths.map((path) => `'${path.replaceAll("'", "''")}'`).join(", ")}]`;

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
