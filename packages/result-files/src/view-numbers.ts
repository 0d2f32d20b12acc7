/** What the views of a query see of a column. */
export interface DescribedColumn {
  name: string;
  /** As DuckDB writes it, such as `STRUCT(loss JSON, "name" VARCHAR)`. */
  type: string;
}

/** Infinities and NaN are texts in JSON; a text that looks like one has a backslash before it there. */
const words = "('Infinity', '-Infinity', 'NaN')";
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * The same column without dates, of which run folders have none: DuckDB takes a column of nothing but the word for infinity for dates of the
 * year 1900.
 */
export const withoutDates = ({ name, type }: DescribedColumn): DescribedColumn => ({
  name,
  type: type.replaceAll(/"(?:[^"]|"")*"|\b(?:DATE|TIMESTAMP|TIME)\b/g, (found) =>
    found.startsWith('"') ? found : "VARCHAR",
  ),
});

/** The fields of a `STRUCT(…)`, or undefined for another type. */
function fieldsOf(type: string): DescribedColumn[] | undefined {
  if (!type.startsWith("STRUCT(") || !type.endsWith(")")) return undefined;
  const inner = type.slice("STRUCT(".length, -1);
  const parts: string[] = [];
  let [depth, isQuoted, start] = [0, false, 0];
  for (let k = 0; k < inner.length; k++) {
    const letter = inner[k]!;
    if (letter === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (letter === "(") depth++;
    else if (letter === ")") depth--;
    else if (letter === "," && depth === 0) {
      parts.push(inner.slice(start, k));
      start = k + 1;
    }
  }
  parts.push(inner.slice(start));
  return parts.map((part) => {
    const [, name, rest] = /^\s*("(?:[^"]|"")*"|\S+)\s+(.*)$/s.exec(part)!;
    return { name: name!.startsWith('"') ? name!.slice(1, -1).replaceAll('""', '"') : name!, type: rest! };
  });
}

/** The places that may hold numbers beside the words for infinities: DuckDB takes those for JSON, or for text where there is nothing else. */
const suspects = ({ name, type }: DescribedColumn, path = quoted(name)): string[] =>
  fieldsOf(type)?.flatMap((field) => suspects(field, `${path}.${quoted(field.name)}`)) ??
  (type === "JSON" || type === "VARCHAR" ? [path] : []);

/** An SQL expression that is true where a place holds nothing but numbers and words for them, and at least one word. */
function holdsNumbers(path: string, type: string): string {
  const word = type === "JSON" ? `(${path}->>'$') in ${words}` : `${path} in ${words}`;
  const number = type === "JSON" ? `json_type(${path}) in ('UBIGINT', 'BIGINT', 'DOUBLE', 'NULL') or ${word}` : word;
  return `coalesce(bool_and(${number}) filter (${path} is not null), false) and coalesce(bool_or(${word}), false)`;
}

const typeAt = (column: DescribedColumn, path: string, at = quoted(column.name)): string | undefined =>
  at === path
    ? column.type
    : fieldsOf(column.type)
        ?.map((field) => typeAt(field, path, `${at}.${quoted(field.name)}`))
        .find((found) => found !== undefined);

/** A type with DOUBLE at some places. */
function withDoubles({ name, type }: DescribedColumn, numbers: ReadonlySet<string>, path = quoted(name)): string {
  if (numbers.has(path)) return "DOUBLE";
  const fields = fieldsOf(type);
  if (fields === undefined) return type;
  const inner = fields.map(
    (field) => `${quoted(field.name)} ${withDoubles(field, numbers, `${path}.${quoted(field.name)}`)}`,
  );
  return `STRUCT(${inner.join(", ")})`;
}

/**
 * The columns of a view over JSON files as SQL, with numbers where DuckDB took them for JSON because infinities are texts there: compared
 * as texts, 9 would be the maximum of 9, 10 and Infinity.
 *
 * @param ask - Answers a query of one row.
 */
export async function columnsWithNumbers(
  columns: readonly DescribedColumn[],
  lines: string,
  ask: (sql: string) => Promise<Record<string, unknown>>,
): Promise<string> {
  const places = columns.flatMap((column) => suspects(column).map((path) => ({ path, type: typeAt(column, path)! })));
  const answer =
    places.length === 0
      ? {}
      : await ask(
          `select ${places.map(({ path, type }, k) => `${holdsNumbers(path, type)} as c${k}`).join(", ")} from ${lines}`,
        );
  const numbers = new Set(places.filter((_, k) => answer[`c${k}`] === true).map(({ path }) => path));
  return columns
    .map((column) => {
      const type = withDoubles(column, numbers);
      return type === column.type || !places.some(({ path }) => numbers.has(path) && isWithin(path, column.name))
        ? quoted(column.name)
        : `cast(${quoted(column.name)} as ${type}) as ${quoted(column.name)}`;
    })
    .join(", ");
}

const isWithin = (path: string, name: string): boolean => path === quoted(name) || path.startsWith(`${quoted(name)}.`);
