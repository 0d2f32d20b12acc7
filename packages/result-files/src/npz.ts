import { formatNpz, type NamedArray } from "@sgdscope/array-files";
import { ResultFilesError } from "./errors.js";
import { isWhole, type Column, type Table } from "./table.js";

/**
 * A table as a numpy archive, one array per column, all of the same length n.
 *
 * A column of whole numbers is int64 where none is missing; other numbers are float64, NaN where a value is missing; booleans are uint8 0 and 1, 255 where a value is missing. Text is uint8 [n, width],
 * UTF-8 padded with zeros; numpy turns it into text by `a.view(f"S{a.shape[1]}").ravel()`.
 *
 * @throws ResultFilesError `INVALID_TABLE` if there is no column.
 */
export function formatTableNpz(table: Table): Uint8Array<ArrayBuffer> {
  if (table.length === 0)
    throw new ResultFilesError("INVALID_TABLE", "formatTableNpz: expected at least one column, got none");
  return formatNpz(Object.fromEntries(table.map((column) => [column.name, arrayOf(column)])), { compress: true });
}

function arrayOf({ type, values }: Column): NamedArray {
  const shape = [values.length];
  if (type === "number" && isWhole(values) && values.every((value) => value !== null))
    return { shape, data: BigInt64Array.from(values, (value) => BigInt(value)) };
  if (type === "number") return { shape, data: Float64Array.from(values, (value) => value ?? NaN) };
  if (type === "boolean")
    return { shape, data: Uint8Array.from(values, (value) => (value === null ? 255 : Number(value))) };
  const encoded = values.map((value) => new TextEncoder().encode(value ?? ""));
  const width = Math.max(1, ...encoded.map(({ length }) => length));
  const data = new Uint8Array(values.length * width);
  encoded.forEach((bytes, i) => data.set(bytes, i * width));
  return { shape: [values.length, width], data };
}
