import type { Cell, Table } from "./table.js";

/**
 * A table as comma-separated values by RFC 4180: a header line, CRLF after each line, quotes where a value needs them.
 *
 * Numbers are written in the fewest digits that read back to the same double. A missing value is an empty field, an empty text `""`.
 */
export function formatCsv(table: Table): string {
  const rows = table[0]?.values.length ?? 0;
  const lines = [table.map(({ name }) => field(name)).join(",")];
  for (let i = 0; i < rows; i++) lines.push(table.map(({ values }) => field(values[i]!)).join(","));
  return lines.map((line) => `${line}\r\n`).join("");
}

function field(value: Cell): string {
  if (value === null) return "";
  const text = String(value);
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
