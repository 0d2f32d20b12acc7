import { queryRuns, ResultFilesError } from "@sgdscope/result-files";
import type { QueryOptions } from "../commands/query.js";
import { CliError, exitCodes, usageError } from "../terminal/exit.js";
import { formatNumber } from "../terminal/number.js";
import { formatTable } from "../terminal/table.js";

/** Asks and prints. */
export async function query(sql: string, { runs, json }: QueryOptions): Promise<void> {
  const { columns, rows } = await queryRuns(sql, runs).catch((error: unknown) => {
    if (!(error instanceof ResultFilesError)) throw error;
    if (error.code === "NOT_INSTALLED") throw new CliError(error.message, exitCodes.unavailable);
    if (error.code === "NO_RUNS") throw usageError(error.message, "--runs names the folders");
    throw error;
  });
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ schema: "sgdscope/query@1", columns, rows }, null, 2)}\n`);
    return;
  }
  process.stdout.write(
    formatTable<Record<string, unknown>>(
      columns.map((name) => ({
        heading: name,
        cell: (row) => show(row[name]),
        align: rows.every((row) => typeof row[name] === "number") ? "right" : "left",
      })),
      rows,
    ),
  );
}

function show(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : formatNumber(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}
