import { budgetOf, type ReadBudget } from "./budgets.js";
import { ArrayFilesError } from "./errors.js";
import { parseJsonArrays } from "./json.js";
import type { NamedArray } from "./named-array.js";
import { formatNpy, parseNpy } from "./npy.js";
import { formatNpz, parseNpz, type FormatNpzOptions } from "./npz.js";
import { readFileWithin } from "./read-file.js";
import { formatSafetensors, parseSafetensors } from "./safetensors.js";
import { writeFileWhole } from "./write-file.js";

/**
 * Reads every array of a `.npy`, `.npz`, `.safetensors` or `.json` file. Node only.
 *
 * The single array of a `.npy` file, and a `.json` file that is one nested array, is called as the file, without its extension;
 * a `.json` file that is an object holds one nested array of numbers per key.
 *
 * @param options - How large the file may be, and a `.npz` file may become.
 * @throws ArrayFilesError FILE_NOT_FOUND, TOO_LARGE, INVALID_ARGUMENT for another extension, or as the format's parser; the message has
 *   the path.
 */
export async function readArrays(path: string, options: ReadBudget = {}): Promise<Record<string, NamedArray>> {
  const { extension, stem } = describePath("readArrays", path);
  const bytes = await readFileWithin("readArrays", path, budgetOf("readArrays", options));
  try {
    if (extension === "npy") return { [stem]: parseNpy(bytes) };
    if (extension === "npz") return parseNpz(bytes, options);
    if (extension === "safetensors") return parseSafetensors(bytes).arrays;
    return parseJsonArrays(bytes, stem);
  } catch (error) {
    if (!(error instanceof ArrayFilesError)) throw error;
    throw new ArrayFilesError(error.code, `${error.message} (in ${path})`, { cause: error });
  }
}

/**
 * Reads one array. Node only.
 *
 * @param location - `x.npy`, `x.json`, or `file.npz:name` with the array's name after a colon; the name may be left out where there is
 *   one array only.
 * @throws ArrayFilesError UNKNOWN_KEY, with the names there are; otherwise as `readArrays`.
 */
export async function readArray(location: string, options: ReadBudget = {}): Promise<NamedArray> {
  const [, path = location, key] = /^(.*?\.(?:npy|npz|safetensors|json))(?::(.*))?$/is.exec(location) ?? [];
  const arrays = await readArrays(path, options);
  const names = Object.keys(arrays);
  if (key === undefined && names.length === 1) return arrays[names[0]!]!;
  if (key !== undefined && Object.hasOwn(arrays, key)) return arrays[key]!;
  throw new ArrayFilesError(
    "UNKNOWN_KEY",
    names.length === 0
      ? `readArray: expected an array in ${path}, got none`
      : `readArray: expected the name of one of the arrays ${names.join(", ")} of ${path}, as in ${path}:${names[0]!}, got ${location}`,
  );
}

/** How `writeArrays` writes. */
export interface WriteArraysOptions extends FormatNpzOptions {
  /** Free text for the header of a `.safetensors` file; refused for other formats, which have no place for it. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes arrays to a `.npy` (exactly one), `.npz` or `.safetensors` file. Node only.
 *
 * The file appears whole or not at all, as `writeFileWhole` writes; missing folders are made.
 *
 * @throws ArrayFilesError INVALID_ARGUMENT, before anything is written.
 */
export async function writeArrays(
  path: string,
  arrays: Readonly<Record<string, NamedArray>>,
  options: WriteArraysOptions = {},
): Promise<void> {
  const bytes = formatFor(path, arrays, options);
  const [{ mkdir }, paths] = await Promise.all([import("node:fs/promises"), import("node:path")]);
  await mkdir(paths.dirname(path), { recursive: true });
  await writeFileWhole(path, bytes);
}

function formatFor(
  path: string,
  arrays: Readonly<Record<string, NamedArray>>,
  { metadata, ...options }: WriteArraysOptions,
): Uint8Array {
  const { extension } = describePath("writeArrays", path);
  if (extension === "safetensors") return formatSafetensors(arrays, metadata);
  if (metadata !== undefined)
    throw new ArrayFilesError("INVALID_ARGUMENT", `writeArrays: expected metadata for .safetensors only, got ${path}`);
  if (extension === "npz") return formatNpz(arrays, options);
  const all = Object.values(arrays);
  if (extension === "npy" && all.length === 1) return formatNpy(all[0]!);
  throw new ArrayFilesError(
    "INVALID_ARGUMENT",
    extension === "npy"
      ? `writeArrays: expected one array for ${path}, got ${all.length}`
      : `writeArrays: expected a path that ends in .npy, .npz or .safetensors, got ${path}`,
  );
}

function describePath(caller: string, path: string): { extension: string; stem: string } {
  const [, stem, extension] = /([^/\\]*)\.(npy|npz|safetensors|json)$/i.exec(path) ?? [];
  if (stem === undefined || extension === undefined)
    throw new ArrayFilesError(
      "INVALID_ARGUMENT",
      `${caller}: expected a path that ends in .npy, .npz, .safetensors or .json, got ${path}`,
    );
  return { extension: extension.toLowerCase(), stem };
}
