import { table } from "table";

/** A column of a table: its heading, its cell, and whether it holds text (left) or numbers (right). */
export interface Column<Row> {
  heading: string;
  cell: (row: Row) => string;
  align?: "left" | "right";
}

/** Rows as aligned text with one rule under the headings; no trailing blanks, no colour, ends with a newline. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [columns.map(({ heading }) => heading), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const text = table(cells, {
    border: { bodyJoin: "  ", bodyLeft: "", bodyRight: "", joinBody: "─", joinLeft: "", joinRight: "", joinJoin: "  " },
    columnDefault: { paddingLeft: 0, paddingRight: 0 },
    columns: columns.map(({ align = "right" }) => ({ alignment: align })),
    drawHorizontalLine: (line) => line === 1,
  });
  return text.replace(/[ ]+$/gm, "");
}
