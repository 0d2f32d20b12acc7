const row = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;

/** Lines of a table; all columns but the first are aligned right. */
export const markdownTable = (
  head: readonly (string | number)[],
  rows: readonly (readonly (string | number)[])[],
): string[] => [row(head), row(head.map((_, k) => (k === 0 ? "---" : "---:"))), ...rows.map(row)];

/** Seconds as people read them. */
export function showSeconds(seconds: number): string {
  if (seconds < 0.01) return `${(1000 * seconds).toPrecision(2)} ms`;
  if (seconds < 1) return `${Math.round(1000 * seconds)} ms`;
  return `${seconds < 100 ? seconds.toPrecision(2) : Math.round(seconds)} s`;
}
