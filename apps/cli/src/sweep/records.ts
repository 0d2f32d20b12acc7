import { extname } from "node:path";
import { formatJson } from "@sgdscope/array-files";
import { tableOf } from "@sgdscope/result-files";
import { formatters, writeFileInPlace } from "../report/tables.js";
import { usageError } from "../terminal/errors.js";

/** Writes the results of a sweep as a table whose format is the ending of the path. */
export async function writeRecords(
  path: string,
  runs: readonly { id: string; task: object; record: object }[],
): Promise<void> {
  const rows = runs.map(({ id, task, record }) => ({ run: id, task, record }));
  const ending = extname(path).slice(1);
  if (ending === "jsonl") return writeFileInPlace(path, rows.map((row) => `${formatJson(row)}\n`).join(""));
  const format = formatters[ending];
  if (format === undefined)
    throw usageError(`--out: expected a path that ends in .csv, .parquet, .npz or .jsonl, got ${path}`);
  return writeFileInPlace(path, format(tableOf(rows, ["run"])));
}
