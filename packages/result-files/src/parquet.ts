import { parquetWriteBuffer } from "hyparquet-writer";
import { ResultFilesError } from "./errors.js";
import { isWhole, type Column, type Table } from "./table.js";

const types = { number: "DOUBLE", boolean: "BOOLEAN", text: "STRING" } as const;

/**
 * A table as a Parquet file, Snappy-compressed: a column of whole numbers is INT64, other numbers are DOUBLE, text is UTF-8, every column
 * may hold nulls. NaN and infinities are kept.
 *
 * @throws ResultFilesError `INVALID_TABLE` if there is no column.
 */
export function formatParquet(table: Table): Uint8Array<ArrayBuffer> {
  if (table.length === 0)
    throw new ResultFilesError("INVALID_TABLE", "formatParquet: expected at least one column, got none");
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: table.map((column) => ({ name: column.name, ...typed(column), nullable: true })),
      createdBy: "sgdscope",
    }),
  );
}

function typed({ type, values }: Column): { data: unknown[]; type: "INT64" | (typeof types)[Column["type"]] } {
  if (type !== "number" || !isWhole(values)) return { data: values, type: types[type] };
  return { data: values.map((value) => (value === null ? null : BigInt(value))), type: "INT64" };
}
