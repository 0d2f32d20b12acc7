/** A value of a table; null where a row has none. */
export type Cell = number | boolean | string | null;

/** A column: all its values are of its type or null. */
export type Column =
  | { name: string; type: "number"; values: (number | null)[] }
  | { name: string; type: "boolean"; values: (boolean | null)[] }
  | { name: string; type: "text"; values: (string | null)[] };

/** Columns of equal length. */
export type Table = Column[];

/**
 * Rows as a table: nested objects become dotted names (`minimum.trace`), arrays their JSON text; columns are in the order of their
 * first appearance. A column with values of several types becomes text.
 *
 * Cost O(rows · columns).
 *
 * @param columns - Names that come first even where no row has them.
 */
export function tableOf(rows: readonly object[], columns: readonly string[] = []): Table {
  const flat = rows.map((row) => flatten(row));
  const names = new Set([...columns, ...flat.flatMap((row) => [...row.keys()])]);
  return [...names].map((name) =>
    columnOf(
      name,
      flat.map((row) => row.get(name) ?? null),
    ),
  );
}

function columnOf(name: string, values: Cell[]): Column {
  const types = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  if (types.size === 1 && types.has("number")) return { name, type: "number", values: values as (number | null)[] };
  if (types.size === 1 && types.has("boolean")) return { name, type: "boolean", values: values as (boolean | null)[] };
  return { name, type: "text", values: values.map((value) => (value === null ? null : String(value))) };
}

/** The leaves of an object by their dotted names. */
function flatten(object: object, prefix = "", into = new Map<string, Cell>()): Map<string, Cell> {
  for (const [key, value] of Object.entries(object) as [string, unknown][]) {
    const name = prefix + key;
    if (value === undefined) continue;
    if (value === null || typeof value === "number" || typeof value === "boolean" || typeof value === "string")
      into.set(name, value);
    else if (typeof value === "object" && !Array.isArray(value)) flatten(value, `${name}.`, into);
    else into.set(name, typeof value === "bigint" ? String(value) : JSON.stringify(value));
  }
  return into;
}

/** Whether every value that is there is a whole number that a double holds exactly; −0 is none, since whole numbers have no such sign. */
export const isWhole = (values: readonly (number | null)[]): boolean =>
  values.some((value) => value !== null) &&
  values.every((value) => value === null || (Number.isSafeInteger(value) && !Object.is(value, -0)));
