import { parquetWriteBuffer } from "hyparquet-writer";
import { ResultFilesError } from "./errors.js";
import type { Table } from "./table.js";

const types = { number: "DOUBLE", boolean: "BOOLEAN", text: "STRING" } as const;

/**
 * A table as a Parquet file, Snappy-compressed: numbers are DOUBLE, text is UTF-8, every column may hold nulls. NaN and infinities
 * are kept.
 *
 * @throws ResultFilesError `INVALID_TABLE` if there is no column.
 */
export function formatParquet(table: Table): Uint8Array<ArrayBuffer> {
  if (table.length === 0)
    throw new ResultFilesError("INVALID_TABLE", "formatParquet: expected at least one column, got none");
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: table.map(({ name, type, values }) => ({ name, data: values, type: types[type], nullable: true })),
      createdBy: "sgdscope",
    }),
  );
}
