import { ArrayFilesError } from "../errors.js";

/** One file of a zip archive, as its directory describes it. */
export interface Entry {
  name: string;
  /** 0 is stored, 8 is deflated. */
  method: number;
  encrypted: boolean;
  crc: number;
  packedSize: number;
  /** Bytes once unpacked. */
  size: number;
  headerAt: number;
}

const END = 0x06054b50;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const MOST_ENTRIES = 100_000;

/**
 * The entries of a zip archive in the order of its directory, with or without zip64; nothing of them is read yet.
 *
 * @returns The entries, and where the directory begins.
 * @throws ArrayFilesError TRUNCATED, CORRUPT, or TOO_LARGE for more than 100,000 entries; RangeError for places beyond the end.
 */
export function readDirectory(
  caller: string,
  bytes: Uint8Array,
  view: DataView,
): { entries: Entry[]; directoryAt: number } {
  const { count, directoryAt } = locate(caller, view);
  if (count > MOST_ENTRIES)
    throw new ArrayFilesError("TOO_LARGE", `${caller}: expected at most ${MOST_ENTRIES} zip entries, got ${count}`);
  const entries: Entry[] = [];
  let at = directoryAt;
  for (let i = 0; i < count; i++) {
    if (view.getUint32(at, true) !== CENTRAL)
      throw new ArrayFilesError("CORRUPT", `${caller}: expected ${count} entries in the zip directory, got ${i}`);
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const nameAt = at + 46;
    const entry: Entry = {
      name: new TextDecoder().decode(bytes.subarray(nameAt, nameAt + nameLength)),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      headerAt: view.getUint32(at + 42, true),
    };
    readZip64(view, nameAt + nameLength, extraLength, entry);
    entries.push(entry);
    at = nameAt + nameLength + extraLength + view.getUint16(at + 32, true);
  }
  return { entries, directoryAt };
}

/** The end record sits at the very end, before a comment of at most 65,535 bytes; a zip64 locator may precede it. */
function locate(caller: string, view: DataView): { count: number; directoryAt: number } {
  const size = view.byteLength;
  let end = size - 22;
  const isEnd = (at: number): boolean =>
    view.getUint32(at, true) === END && at + 22 + view.getUint16(at + 20, true) === size;
  while (end >= 0 && end >= size - 22 - 65_535 && !isEnd(end)) end--;
  if (end < 0 || end < size - 22 - 65_535)
    throw new ArrayFilesError("TRUNCATED", `${caller}: expected a zip directory at the end, got none in ${size} bytes`);
  if (end < 20 || view.getUint32(end - 20, true) !== END64_LOCATOR)
    return { count: view.getUint16(end + 10, true), directoryAt: view.getUint32(end + 16, true) };
  const end64 = Number(view.getBigUint64(end - 12, true));
  if (view.getUint32(end64, true) !== END64)
    throw new ArrayFilesError("CORRUPT", `${caller}: expected a zip64 directory at byte ${end64}, got something else`);
  return {
    count: Number(view.getBigUint64(end64 + 32, true)),
    directoryAt: Number(view.getBigUint64(end64 + 48, true)),
  };
}

/** Sizes and offsets of 2³²−1 stand for 64-bit ones, in this order, in extra field 1. */
function readZip64(view: DataView, start: number, length: number, entry: Entry): void {
  for (let at = start; at + 4 <= start + length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    for (const key of ["size", "packedSize", "headerAt"] as const)
      if (entry[key] === 0xffffffff) {
        entry[key] = Number(view.getBigUint64(field, true));
        field += 8;
      }
    return;
  }
}
