import { queryRuns } from "@sgdscope/result-files";
import { printJson } from "../terminal/json.js";
import { formatNumber } from "../terminal/number.js";
import { formatTable } from "../terminal/table.js";
import type { QueryOptions } from "./options.js";
import { print } from "../terminal/print.js";

/** Asks and prints. */
export async function query(sql: string, { runs, json }: QueryOptions): Promise<void> {
  const { columns, rows } = await queryRuns(sql, runs);
  if (json === true) {
    printJson({ schema: "sgdscope/query@1", columns, rows });
    return;
  }
  print(
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
