// Kept here: npyjs takes the first of two equal keys, any shape and any bytes after the data; it writes our files.
import { isElementType, type ElementType } from "./dtypes.js";
import { ArrayFilesError } from "./errors.js";

/** What the header of a `.npy` file says; the data begins at `offset`. */
export interface NpyHeader {
  type: ElementType;
  littleEndian: boolean;
  fortranOrder: boolean;
  shape: number[];
  offset: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/** What version 1 can hold; numpy itself reads no longer headers unless told to. */
const LONGEST_HEADER = 65_535;

/**
 * Reads the header of a `.npy` file: a Python dictionary of exactly `descr`, `fortran_order` and `shape`, each once, and blanks.
 *
 * @throws ArrayFilesError WRONG_FORMAT, TRUNCATED, CORRUPT, UNSUPPORTED_DTYPE, or TOO_LARGE for a header beyond 65,535 bytes.
 */
export function parseNpyHeader(bytes: Uint8Array): NpyHeader {
  if (MAGIC.some((byte, i) => i < bytes.length && bytes[i] !== byte) || bytes.length === 0)
    throw new ArrayFilesError(
      "WRONG_FORMAT",
      `parseNpy: expected bytes that begin with \\x93NUMPY, got ${firstBytes(bytes)}`,
    );
  if (bytes.length < 12)
    throw new ArrayFilesError("TRUNCATED", `parseNpy: expected a header of at least 12 bytes, got ${bytes.length}`);
  const version = bytes[6]!;
  if (version < 1 || version > 3)
    throw new ArrayFilesError("WRONG_FORMAT", `parseNpy: expected format version 1, 2 or 3, got ${version}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_HEADER)
    throw new ArrayFilesError(
      "TOO_LARGE",
      `parseNpy: expected a header of at most ${LONGEST_HEADER} bytes, got ${length}`,
    );
  const offset = start + length;
  if (offset > bytes.length)
    throw new ArrayFilesError(
      "TRUNCATED",
      `parseNpy: expected a header that ends at byte ${offset}, got ${bytes.length} bytes`,
    );
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes.subarray(start, offset));
  return { ...parseDictionary(text), offset };
}

/** What the values of the three keys look like, each without its quotes or brackets. */
const values = {
  descr: /'([^']*)'|"([^"]*)"/y,
  fortran_order: /(True|False)/y,
  shape: /\(([^()]*)\)/y,
};
type Key = keyof typeof values;
const isKey = (name: string): name is Key => Object.hasOwn(values, name);

function parseDictionary(text: string): Omit<NpyHeader, "offset"> {
  const found = new Map<Key, string>();
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text) ?? undefined;
    at += match?.[0].length ?? 0;
    return match;
  };
  if (take(/\s*\{\s*/y) === undefined) throw malformed(text);
  while (take(/\}\s*/y) === undefined) {
    const [, , key = ""] = take(/(['"])(\w*)\1\s*:\s*/y) ?? [];
    if (!isKey(key)) throw malformed(text);
    if (found.has(key))
      throw new ArrayFilesError("CORRUPT", `parseNpy: expected each key of the header once, got ${key} twice`);
    if (key === "descr" && /[[(]/y.test(text.slice(at, at + 1)))
      throw new ArrayFilesError("UNSUPPORTED_DTYPE", "parseNpy: expected elements that are plain numbers, got records");
    const value = take(values[key]);
    if (value === undefined) throw malformed(text);
    found.set(key, value[1] ?? value[2] ?? "");
    if (take(/\s*,\s*/y) === undefined && take(/\s*(?=\})/y) === undefined) throw malformed(text);
  }
  const [descr, order, extents] = [found.get("descr"), found.get("fortran_order"), found.get("shape")];
  if (at !== text.length || descr === undefined || order === undefined || extents === undefined) throw malformed(text);
  return { ...parseType(descr), fortranOrder: order === "True", shape: parseShape(extents) };
}

const malformed = (text: string): ArrayFilesError =>
  new ArrayFilesError(
    "CORRUPT",
    `parseNpy: expected a header with descr, fortran_order and shape, got ${JSON.stringify(text.trim().slice(0, 120))}`,
  );

function parseType(descr: string): { type: ElementType; littleEndian: boolean } {
  const type = descr.replace(/^[<>|=]/, "");
  if (!isElementType(type) || type === "bf2")
    throw new ArrayFilesError(
      "UNSUPPORTED_DTYPE",
      `parseNpy: expected a boolean, integer or float dtype, got ${descr.slice(0, 80)}`,
    );
  return { type, littleEndian: !descr.startsWith(">") };
}

/** The inside of a tuple: a single extent has a comma after it. */
function parseShape(extents: string): number[] {
  const parts = extents.split(",").map((part) => part.trim());
  const closed = parts.at(-1) === "";
  if (closed) parts.pop();
  // Python 2 wrote long extents as 3L.
  if ((parts.length === 1 && !closed) || !parts.every((part) => /^\d+L?$/.test(part)))
    throw new ArrayFilesError(
      "CORRUPT",
      `parseNpy: expected a shape that is a tuple of integers, got (${extents.slice(0, 80)})`,
    );
  return parts.map((part) => {
    const extent = Number(part.replace("L", ""));
    if (Number.isSafeInteger(extent)) return extent;
    throw new ArrayFilesError(
      "TOO_LARGE",
      `parseNpy: expected extents of at most 2^53 - 1, got one of ${part.length} digits, ${part.slice(0, 17)}…`,
    );
  });
}

/** The start of a file as a message shows it. */
export const firstBytes = (bytes: Uint8Array): string =>
  bytes.length === 0
    ? "no bytes"
    : Array.from(bytes.subarray(0, 6), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
