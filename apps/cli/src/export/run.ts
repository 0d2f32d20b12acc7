import { join } from "node:path";
import {
  eventFileName,
  formatTensorBoard,
  metricsTable,
  readRuns,
  recordsTable,
  tableOf,
  type Scalar,
  type StoredRun,
} from "@sgdscope/result-files";
import { besideData, formatters, writeFileInPlace } from "../report/tables.js";
import { plural } from "../terminal/words.js";
import type { ExportOptions } from "./options.js";
import { print } from "../terminal/print.js";
import { version } from "../version.js";

/** Reads, converts and writes. */
export async function exportRuns(folders: string[], { to, out, table: which }: ExportOptions): Promise<void> {
  const runs = await readRuns(folders);
  if (to === "tensorboard") {
    const logs = out ?? "sgdscope-export.tensorboard";
    for (const run of runs)
      await writeFileInPlace(join(logs, run.id, eventFileName), formatTensorBoard(scalarsOf(run)));
    print(`${plural(runs.length, "run")}: tensorboard --logdir ${logs}\n`);
    return;
  }
  if (to === "html") {
    const [{ curvesReport }, { drawingDocument }] = await Promise.all([
      import("../report/curves.js"),
      import("../report/folder.js"),
    ]);
    const path = out ?? "sgdscope-export.html";
    await writeFileInPlace(path, curvesReport(runs, { document: await drawingDocument() }, version));
    besideData(path)(`${plural(runs.length, "run")}: ${path}\n`);
    return;
  }
  const table = which === "metrics" ? metricsTable(runs) : recordsTable(runs);
  const path = out ?? `sgdscope-export.${to}`;
  await writeFileInPlace(path, formatters[to]!(table));
  besideData(path)(`${plural(table[0]!.values.length, "row")}, ${plural(table.length, "column")}: ${path}\n`);
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
