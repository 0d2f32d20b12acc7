import { zipSync } from "fflate";
import { budgetOf, type ReadBudget } from "./budgets.js";
import { ArrayFilesError } from "./errors.js";
import type { NamedArray } from "./named-array.js";
import { firstBytes } from "./npy-header.js";
import { formatNpy, parseNpy } from "./npy.js";
import { unzip } from "./zip/unzip.js";

/**
 * Reads a `.npz` file as numpy's `savez` and `savez_compressed` write it; the archive's checksums are verified.
 *
 * What the archive declares is checked before anything is inflated: different names, at most 100,000 entries, sizes that are possible
 * and within `maxBytes`; an entry inflates into its declared size only. Cost: one copy of the data, and one inflated entry at a time.
 *
 * @param bytes - The whole file.
 * @returns The arrays by name, in the order of the file; as `parseNpy` reads them.
 * @throws ArrayFilesError WRONG_FORMAT, TRUNCATED, CORRUPT, UNSUPPORTED_DTYPE or TOO_LARGE, naming the array; INVALID_ARGUMENT.
 */
export function parseNpz(bytes: Uint8Array, options: ReadBudget = {}): Record<string, NamedArray> {
  const maxBytes = budgetOf("parseNpz", options);
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b)
    throw new ArrayFilesError("WRONG_FORMAT", `parseNpz: expected a zip archive, got ${firstBytes(bytes)}`);
  const arrays = new Map<string, NamedArray>();
  for (const [file, content] of unzip("parseNpz", bytes, maxBytes)) {
    const name = file.replace(/\.npy$/, "");
    if (arrays.has(name))
      throw new ArrayFilesError("CORRUPT", `parseNpz: expected each array once, got ${name} with and without .npy`);
    try {
      arrays.set(name, parseNpy(content));
    } catch (error) {
      if (!(error instanceof ArrayFilesError)) throw error;
      throw new ArrayFilesError(error.code, error.message.replace(/^parseNpy:/, `parseNpz, array ${name}:`), {
        cause: error,
      });
    }
  }
  return Object.fromEntries(arrays);
}

/** How a `.npz` file is written. */
export interface FormatNpzOptions {
  /** Deflate the arrays, as `numpy.savez_compressed` does; trained weights rarely shrink. Default false. */
  compress?: boolean;
}

/**
 * Writes a `.npz` file that `numpy.load` reads. The same arrays give the same bytes: the archive carries no clock time.
 *
 * @param arrays - At least one array.
 * @throws ArrayFilesError INVALID_ARGUMENT if there is no array, a shape does not hold its data, or the archive passes 4 GiB.
 */
export function formatNpz(
  arrays: Readonly<Record<string, NamedArray>>,
  { compress = false }: FormatNpzOptions = {},
): Uint8Array<ArrayBuffer> {
  const names = Object.keys(arrays);
  if (names.length === 0)
    throw new ArrayFilesError("INVALID_ARGUMENT", "formatNpz: expected arrays to hold at least one array, got none");
  const total = names.reduce((sum, name) => sum + arrays[name]!.data.byteLength + 512, 0);
  if (total >= 2 ** 32)
    throw new ArrayFilesError("INVALID_ARGUMENT", `formatNpz: expected arrays below 4 GiB in all, got ${total} bytes`);
  const files = Object.fromEntries(names.map((name) => [`${name}.npy`, formatNpy(arrays[name]!)]));
  return zipSync(files, { level: compress ? 6 : 0, mtime: new Date(1980, 0, 1) });
}
