/** A column of a table: its heading, its cell, and whether it holds text (left) or numbers (right). */
export interface Column<Row> {
  heading: string;
  cell: (row: Row) => string;
  align?: "left" | "right";
}

/** Rows as aligned text with one rule under the headings; no trailing blanks, no colour, ends with a newline. */
export function formatTable<Row>(columns: Column<Row>[], rows: Row[]): string {
  const cells = [
    columns.map((column) => column.heading),
    ...rows.map((row) => columns.map((column) => column.cell(row))),
  ];
  const widths = columns.map((_, j) => Math.max(...cells.map((line) => width(line[j]!))));
  const lines = cells.map((line) =>
    line
      .map((text, j) => {
        const fill = " ".repeat(widths[j]! - width(text));
        return columns[j]!.align === "left" ? text + fill : fill + text;
      })
      .join("  ")
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((w) => "─".repeat(w)).join("  "));
  return lines.join("\n") + "\n";
}

/** Characters a terminal shows; combining marks take no room. */
function width(text: string): number {
  return [...text.normalize("NFC").replace(/\p{Mark}/gu, "")].length;
}
