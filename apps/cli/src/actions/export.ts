import { mkdir } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import {
  eventFileName,
  formatCsv,
  formatParquet,
  formatTableNpz,
  formatTensorBoard,
  metricsTable,
  readRuns,
  recordsTable,
  tableOf,
  type Scalar,
  type StoredRun,
  type Table,
} from "@sgdscope/result-files";
import { placeFile } from "@sgdscope/sweeps";
import type { ExportOptions } from "../commands/export.js";
import { usageError } from "../terminal/exit.js";
import { forUser } from "./sweep-errors.js";

const formatters: Record<string, (table: Table) => string | Uint8Array> = {
  csv: formatCsv,
  parquet: formatParquet,
  npz: formatTableNpz,
};

/** Reads, converts and writes. */
export async function exportRuns(folders: string[], { to, out, table: which }: ExportOptions): Promise<void> {
  await forUser(async () => {
    const runs = await readRuns(folders);
    if (to === "tensorboard") {
      const logs = out ?? "sgdscope-export.tensorboard";
      for (const run of runs) await write(join(logs, run.id, eventFileName), formatTensorBoard(scalarsOf(run)));
      process.stdout.write(`${runs.length} run${runs.length === 1 ? "" : "s"}: tensorboard --logdir ${logs}\n`);
      return;
    }
    const table = which === "metrics" ? metricsTable(runs) : recordsTable(runs);
    const path = out ?? `sgdscope-export.${to}`;
    await write(path, formatters[to]!(table));
    process.stdout.write(`${table[0]!.values.length} rows, ${table.length} columns: ${path}\n`);
  });
}

/** Writes the results of a sweep as a table whose format is the ending of the path. */
export async function writeRecords(
  path: string,
  runs: readonly { id: string; task: object; record: object }[],
): Promise<void> {
  const rows = runs.map(({ id, task, record }) => ({ run: id, task, record }));
  const ending = extname(path).slice(1);
  if (ending === "jsonl") return write(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const format = formatters[ending];
  if (format === undefined)
    throw usageError(`--out: expected a path that ends in .csv, .parquet, .npz or .jsonl, got ${path}`);
  return write(path, format(tableOf(rows, ["run"])));
}

/** The numbers of the metric lines as charts, and those of the record at the last step. */
function scalarsOf({ metrics, record, written }: StoredRun): Scalar[] {
  const scalars: Scalar[] = [];
  let last = 0;
  for (const metric of metrics) {
    const { step, ...values } = metric as { step: number };
    last = step;
    for (const [tag, value] of Object.entries<unknown>(values))
      if (typeof value === "number") scalars.push({ tag, step, value, wallTime: written });
  }
  const minimum = (record as { minimum?: object } | undefined)?.minimum;
  for (const { name, values } of minimum === undefined ? [] : tableOf([minimum])) {
    const value = values[0];
    if (typeof value === "number") scalars.push({ tag: `minimum/${name}`, step: last, value, wallTime: written });
  }
  return scalars;
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await placeFile(path, content);
}
