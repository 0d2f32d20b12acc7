import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { formatCsv, formatParquet, formatTableNpz, type Table } from "@sgdscope/result-files";
import { makeFolder, placeFile } from "@sgdscope/runs";
import { print, tell } from "../terminal/print.js";

/** Tables by the ending of their file. */
export const formatters: Record<string, (table: Table) => string | Uint8Array> = {
  csv: formatCsv,
  parquet: formatParquet,
  npz: formatTableNpz,
};

/** Writes a file whole or not at all, and makes its folder where needed; a pipe or a device needs none. */
export async function writeFileInPlace(path: string, content: string | Uint8Array): Promise<void> {
  if (!existsSync(path)) await makeFolder(dirname(path));
  await placeFile(path, content);
}

/** Where a command says what it wrote: not among the data, where these went to standard output. */
export const besideData = (path: string): ((text: string) => void) =>
  /^\/(?:dev\/stdout|(?:proc\/self|dev)\/fd\/1)$/.test(path) ? tell : print;
