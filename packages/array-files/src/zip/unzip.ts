// Kept here, on top of fflate's inflate: of the maintained libraries fflate's unzipSync verifies no checksum, lets a later name
// replace an earlier one and inflates past the declared size; @zip.js/zip.js and yauzl only read asynchronously, and parseNpz is not.
import { ArrayFilesError } from "../errors.js";
import { crc32 } from "./crc32.js";
import { readDirectory, type Entry } from "./directory.js";
import { inflateTo, MOST_INFLATION } from "./inflate.js";

const LOCAL = 0x04034b50;

/**
 * The files of a zip archive, stored or deflated, one after the other, with every checksum verified; reads zip64.
 *
 * Before anything is inflated, names must differ, entries must not overlap, and the sizes that they declare must be possible and within
 * the budget; each then inflates into its declared size only. Cost: one inflated file at a time; stored ones are views.
 *
 * @param maxBytes - What all files may come to.
 * @throws ArrayFilesError TRUNCATED, CORRUPT, TOO_LARGE, or WRONG_FORMAT for encryption and other methods of compression.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function* unzip(
  caller: string,
  bytes: Uint8Array,
  maxBytes: number,
): Generator<[string, Uint8Array], void, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packed = within(caller, () => {
    const { entries, directoryAt } = readDirectory(caller, bytes, view);
    checkDeclarations(caller, entries, maxBytes);
    const places = entries.map((entry) => ({ entry, start: dataStart(caller, bytes, view, entry) }));
    checkPlaces(caller, places, directoryAt);
    return places;
  });
  for (const { entry, start } of packed)
    yield [entry.name, unpack(caller, bytes.subarray(start, start + entry.packedSize), entry)];
}

/** DataView refuses places beyond the end by RangeErrors. */
function within<T>(caller: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ArrayFilesError("CORRUPT", `${caller}: expected offsets within the archive, got one beyond its end`, {
      cause: error,
    });
  }
}

function checkDeclarations(caller: string, entries: readonly Entry[], maxBytes: number): void {
  const names = new Set<string>();
  let total = 0;
  for (const { name, method, encrypted, size, packedSize } of entries) {
    if (names.has(name))
      throw new ArrayFilesError("CORRUPT", `${caller}: expected each name once in the archive, got ${name} twice`);
    names.add(name);
    if (encrypted || (method !== 0 && method !== 8))
      throw new ArrayFilesError(
        "WRONG_FORMAT",
        `${caller}: expected ${name} stored or deflated, got ${encrypted ? "an encrypted entry" : `zip method ${method}`}`,
      );
    if (method === 0 ? size !== packedSize : size > packedSize * MOST_INFLATION)
      throw new ArrayFilesError("CORRUPT", `${caller}: expected ${size} bytes in ${name}, got ${packedSize} packed`);
    total += size;
    if (total > maxBytes)
      throw new ArrayFilesError(
        "TOO_LARGE",
        `${caller}: expected entries of at most ${maxBytes} bytes in all (maxBytes), got ${total} or more`,
      );
  }
}

/** Where the packed bytes begin, after a header that must have the same name as the directory. */
function dataStart(caller: string, bytes: Uint8Array, view: DataView, { name, headerAt }: Entry): number {
  if (view.getUint32(headerAt, true) !== LOCAL)
    throw new ArrayFilesError("CORRUPT", `${caller}: expected ${name} at byte ${headerAt}, got something else`);
  const nameAt = headerAt + 30;
  const nameEnd = nameAt + view.getUint16(headerAt + 26, true);
  const local = new TextDecoder().decode(bytes.subarray(nameAt, nameEnd));
  if (local !== name)
    throw new ArrayFilesError("CORRUPT", `${caller}: expected ${name} at byte ${headerAt}, got ${local.slice(0, 80)}`);
  return nameEnd + view.getUint16(headerAt + 28, true);
}

/** Entries that share bytes with each other or the directory could unfold to any size. */
function checkPlaces(caller: string, places: readonly { entry: Entry; start: number }[], directoryAt: number): void {
  let end = 0;
  for (const { entry, start } of places.toSorted((a, b) => a.entry.headerAt - b.entry.headerAt)) {
    if (entry.headerAt < end)
      throw new ArrayFilesError("CORRUPT", `${caller}: expected ${entry.name} after byte ${end}, got an overlap`);
    end = start + entry.packedSize;
    if (end > directoryAt)
      throw new ArrayFilesError(
        "TRUNCATED",
        `${caller}: expected ${entry.packedSize} bytes of ${entry.name}, got ${Math.max(0, directoryAt - start)}`,
      );
  }
}

function unpack(caller: string, packed: Uint8Array, { name, method, size, crc }: Entry): Uint8Array {
  const data = method === 0 ? packed : inflateTo(caller, name, packed, size);
  const actual = crc32(data);
  if (actual !== crc)
    throw new ArrayFilesError(
      "CORRUPT",
      `${caller}: expected checksum ${crc.toString(16)} of ${name}, got ${actual.toString(16)}`,
    );
  return data;
}
