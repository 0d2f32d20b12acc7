import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, writeFile, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { ComputeError } from "../errors.js";

/** One file of an archive. */
interface ZipEntry {
  name: string;
  /** Bytes when unpacked. */
  size: number;
  compressedSize: number;
  /** 0 is stored, 8 is deflated. */
  method: number;
  crc: number;
  /** Where its local header begins. */
  offset: number;
}

export interface Zip {
  entries: Map<string, ZipEntry>;
  /** Unpacks one file to `path`, whose folder is made, and checks its size and CRC-32. */
  extract(name: string, path: string): Promise<void>;
  close(): Promise<void>;
}

const END = 0x06054b50;
const END_64_LOCATOR = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/**
 * Opens a ZIP archive and reads its directory (APPNOTE 6.3.9, with Zip64; stored and deflated files, no encryption).
 *
 * @throws ComputeError `WHEEL_INVALID` if it is none; `extract` throws `WHEEL_MISMATCH` where contents do not fit their checksum.
 */
export async function openZip(path: string): Promise<Zip> {
  const file = await open(path);
  try {
    const entries = new Map((await directory(file, path)).map((entry) => [entry.name, entry]));
    return { entries, extract: (name, to) => extract(file, path, entries.get(name)!, to), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

const invalid = (path: string, reason: string): ComputeError =>
  new ComputeError("WHEEL_INVALID", `openZip: expected ${path} to be a ZIP archive, got ${reason}`);

async function read(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

async function directory(file: FileHandle, path: string): Promise<ZipEntry[]> {
  const { size } = await file.stat();
  // The end record is 22 bytes and a comment of at most 65,535.
  const tailStart = Math.max(0, size - 65_557);
  const tail = await read(file, tailStart, size - tailStart);
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
  if (end < 0) throw invalid(path, "a file without a directory");
  let [length, offset] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  if (end >= 20 && tail.readUInt32LE(end - 20) === END_64_LOCATOR) {
    const record = await read(file, Number(tail.readBigUInt64LE(end - 12)), 56);
    [length, offset] = [Number(record.readBigUInt64LE(40)), Number(record.readBigUInt64LE(48))];
  }
  const bytes = await read(file, offset, length);
  if (bytes.length !== length) throw invalid(path, "a broken directory");
  const entries: ZipEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < 46 || bytes.readUInt32LE(at) !== CENTRAL) throw invalid(path, "a broken directory");
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    const [uncompressed, compressed, start] = wide(
      extra,
      [24, 20, 42].map((field) => bytes.readUInt32LE(at + field)),
    );
    entries.push({
      name: bytes.toString("utf8", at + 46, at + 46 + nameLength),
      size: uncompressed!,
      compressedSize: compressed!,
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      offset: start!,
    });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

/** Replaces the fields that are too large for 32 bits by those of the Zip64 extra field, in their order. */
function wide(extra: Buffer, fields: number[]): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let next = at + 4;
    return fields.map((value) => {
      if (value !== 0xffffffff) return value;
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    });
  }
  return fields;
}

async function extract(file: FileHandle, archive: string, entry: ZipEntry, path: string): Promise<void> {
  const broken = (reason: string, cause?: unknown): ComputeError =>
    new ComputeError("WHEEL_MISMATCH", `extract: expected ${entry.name} as its archive describes it, got ${reason}`, {
      cause,
    });
  await mkdir(dirname(path), { recursive: true });
  const header = await read(file, entry.offset, 30);
  if (header.length < 30 || header.readUInt32LE(0) !== LOCAL) throw broken("no file there");
  if (entry.method !== 0 && entry.method !== 8) throw broken(`compression method ${entry.method}`);
  const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  let [size, crc] = [0, 0];
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      crc = crc32(chunk, crc);
      done(null, chunk);
    },
  });
  const end = start + entry.compressedSize - 1;
  const packed = (): NodeJS.ReadableStream => createReadStream(archive, { start, end });
  try {
    if (end < start) await writeFile(path, "");
    else if (entry.method === 0) await pipeline(packed(), check, createWriteStream(path));
    else await pipeline(packed(), createInflateRaw(), check, createWriteStream(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith("Z_") === true) throw broken("damaged bytes", error);
    throw error;
  }
  if (size !== entry.size || crc !== entry.crc) throw broken(`${size} bytes with CRC-32 ${crc.toString(16)}`);
}
