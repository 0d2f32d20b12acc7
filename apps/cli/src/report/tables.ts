import { dirname } from "node:path";
import { formatCsv, formatParquet, formatTableNpz, type Table } from "@sgdscope/result-files";
import { makeFolder, placeFile } from "@sgdscope/runs";

/** Tables by the ending of their file. */
export const formatters: Record<string, (table: Table) => string | Uint8Array> = {
  csv: formatCsv,
  parquet: formatParquet,
  npz: formatTableNpz,
};

/** Writes a file whole or not at all, and makes its folder where needed. */
export async function writeFileInPlace(path: string, content: string | Uint8Array): Promise<void> {
  await makeFolder(dirname(path));
  await placeFile(path, content);
}
