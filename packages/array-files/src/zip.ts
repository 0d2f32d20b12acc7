import { inflateSync } from "fflate";
import { ArrayFilesError } from "./errors.js";

/** One file of a zip archive, as its central directory describes it. */
interface Entry {
  name: string;
  method: number;
  encrypted: boolean;
  crc: number;
  packedSize: number;
  size: number;
  headerAt: number;
}

const END = 0x06054b50;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/**
 * The files of a zip archive, stored or deflated, with every checksum verified; reads zip64.
 *
 * @throws ArrayFilesError WRONG_FORMAT, TRUNCATED or CORRUPT.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function unzip(caller: string, bytes: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return new Map(entries(caller, bytes, view).map((entry) => [entry.name, extract(caller, bytes, view, entry)]));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ArrayFilesError("CORRUPT", `${caller}: expected offsets within the archive, got one beyond its end`, {
      cause: error,
    });
  }
}

function entries(caller: string, bytes: Uint8Array, view: DataView): Entry[] {
  const end = findEnd(view);
  if (end === undefined)
    throw new ArrayFilesError(
      "TRUNCATED",
      `${caller}: expected a zip directory at the end, got none in ${bytes.length} bytes`,
    );
  let count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (end >= 20 && view.getUint32(end - 20, true) === END64_LOCATOR) {
    const end64 = Number(view.getBigUint64(end - 12, true));
    if (view.getUint32(end64, true) !== END64)
      throw new ArrayFilesError(
        "CORRUPT",
        `${caller}: expected a zip64 directory at byte ${end64}, got something else`,
      );
    count = Number(view.getBigUint64(end64 + 32, true));
    at = Number(view.getBigUint64(end64 + 48, true));
  }
  const found: Entry[] = [];
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
    found.push(entry);
    at = nameAt + nameLength + extraLength + view.getUint16(at + 32, true);
  }
  return found;
}

/** The end record sits at the very end, before a comment of at most 65,535 bytes. */
function findEnd(view: DataView): number | undefined {
  for (let at = view.byteLength - 22; at >= 0 && at >= view.byteLength - 22 - 65535; at--)
    if (view.getUint32(at, true) === END && at + 22 + view.getUint16(at + 20, true) === view.byteLength) return at;
  return undefined;
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
  }
}

function extract(caller: string, bytes: Uint8Array, view: DataView, entry: Entry): Uint8Array {
  const at = entry.headerAt;
  if (view.getUint32(at, true) !== LOCAL)
    throw new ArrayFilesError("CORRUPT", `${caller}: expected ${entry.name} at byte ${at}, got something else`);
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  const packed = bytes.subarray(start, start + entry.packedSize);
  if (packed.length < entry.packedSize)
    throw new ArrayFilesError(
      "TRUNCATED",
      `${caller}: expected ${entry.packedSize} bytes of ${entry.name}, got ${packed.length}`,
    );
  if (entry.encrypted || (entry.method !== 0 && entry.method !== 8))
    throw new ArrayFilesError(
      "WRONG_FORMAT",
      `${caller}: expected ${entry.name} stored or deflated, got ${entry.encrypted ? "an encrypted entry" : `zip method ${entry.method}`}`,
    );
  const data = entry.method === 0 ? packed : inflate(caller, packed, entry);
  if (data.length !== entry.size)
    throw new ArrayFilesError(
      "CORRUPT",
      `${caller}: expected ${entry.size} bytes in ${entry.name}, got ${data.length}`,
    );
  const crc = crc32(data);
  if (crc !== entry.crc)
    throw new ArrayFilesError(
      "CORRUPT",
      `${caller}: expected checksum ${entry.crc.toString(16)} of ${entry.name}, got ${crc.toString(16)}`,
    );
  return data;
}

function inflate(caller: string, packed: Uint8Array, entry: Entry): Uint8Array {
  try {
    return inflateSync(packed);
  } catch (error) {
    throw new ArrayFilesError("CORRUPT", `${caller}: expected deflated data in ${entry.name}, got something else`, {
      cause: error,
    });
  }
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}
