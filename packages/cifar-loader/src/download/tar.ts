import { CifarError } from "../errors.js";

/** One entry of an archive. Its body is gone once the next entry is asked for. */
export interface TarEntry {
  /** Relative path with forward slashes, without `.` and `..`; checked. */
  path: string;
  size: number;
  type: "file" | "folder";
  body: AsyncGenerator<Uint8Array, void, undefined>;
}

const BLOCK = 512;

/**
 * Reads a tar archive as it streams in: ustar, with the long names of GNU tar and of pax.
 *
 * @throws CifarError BAD_ARCHIVE for paths that are absolute or climb, links and devices, wrong checksums, and an early end.
 * @see POSIX.1-2017, pax, "ustar Interchange Format".
 */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const reader = createReader(chunks);
  let longName: string | undefined;
  for (;;) {
    const header = await reader.block();
    if (header === undefined || header.every((byte) => byte === 0)) break;
    checkSum(header);
    const size = readNumber(header, 124, 12);
    const type = String.fromCharCode(header[156]!);
    if (type === "L" || type === "x" || type === "g") {
      const text = await reader.text(size);
      if (type === "L") longName = text.replace(/\0.*$/s, "");
      if (type === "x") longName = paxPath(text) ?? longName;
      continue;
    }
    const path = safePath(longName ?? readName(header));
    longName = undefined;
    if (type !== "5" && type !== "0" && type !== "\0")
      throw new CifarError(
        "BAD_ARCHIVE",
        `readTar: expected files and folders, got type ${JSON.stringify(type)} at ${path}`,
      );
    const body = reader.stream(type === "5" ? 0 : size);
    yield { path, size, type: type === "5" ? "folder" : "file", body };
    // What the caller left unread.
    while ((await body.next()).done !== true);
  }
}

/** A relative path without steps upwards; everything else could write outside the folder of extraction. */
function safePath(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (path.startsWith("/") || /[\\:\0]/.test(path) || parts.includes("..") || parts.length === 0)
    throw new CifarError(
      "BAD_ARCHIVE",
      `readTar: expected a path inside the archive's folder, got ${JSON.stringify(path)}`,
    );
  return parts.join("/");
}

const decoder = new TextDecoder();

function field(header: Uint8Array, start: number, length: number): string {
  return decoder.decode(header.subarray(start, start + length)).replace(/\0.*$/s, "");
}

function readName(header: Uint8Array): string {
  const name = field(header, 0, 100);
  const prefix = field(header, 257, 5) === "ustar" && header[263] === 0x30 ? field(header, 345, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function readNumber(header: Uint8Array, start: number, length: number): number {
  const text = field(header, start, length).trim();
  if (!/^[0-7]+$/.test(text))
    throw new CifarError("BAD_ARCHIVE", `readTar: expected an octal number in a header, got ${JSON.stringify(text)}`);
  return parseInt(text, 8);
}

/** The sum of all bytes, its own field read as blanks. */
function checkSum(header: Uint8Array): void {
  const expected = readNumber(header, 148, 8);
  const actual = header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (actual !== expected)
    throw new CifarError("BAD_ARCHIVE", `readTar: expected header checksum ${expected}, got ${actual}`);
}

/** Records of pax read `length key=value\n`; only the path matters here. */
const paxPath = (text: string): string | undefined => /^\d+ path=(.*)$/m.exec(text)?.[1];

interface Reader {
  block(): Promise<Uint8Array | undefined>;
  text(size: number): Promise<string>;
  stream(size: number): AsyncGenerator<Uint8Array, void, undefined>;
}

/** Turns chunks of any size into what is asked for; entries are padded to whole blocks. */
function createReader(chunks: AsyncIterable<Uint8Array>): Reader {
  const source = chunks[Symbol.asyncIterator]();
  let held = new Uint8Array(0);

  /** At most `limit` bytes, none at the end of the archive. */
  const some = async (limit: number): Promise<Uint8Array> => {
    while (held.length === 0) {
      const next = (await source.next()) as IteratorResult<Uint8Array, undefined>;
      if (next.done === true) return held;
      held = new Uint8Array(next.value);
    }
    const part = held.subarray(0, limit);
    held = held.subarray(part.length);
    return part;
  };

  async function* stream(size: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = size; left > 0;) {
      const part = await some(left);
      if (part.length === 0) throw endsEarly(size, size - left);
      left -= part.length;
      yield part;
    }
    for (let padding = (BLOCK - (size % BLOCK)) % BLOCK; padding > 0;) {
      const part = await some(padding);
      if (part.length === 0) throw endsEarly(padding, 0);
      padding -= part.length;
    }
  }

  const collect = async (size: number): Promise<Uint8Array> => {
    const whole = new Uint8Array(size);
    let at = 0;
    for await (const part of stream(size)) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };

  return {
    stream,
    async block() {
      const first = await some(BLOCK);
      if (first.length === 0) return undefined;
      const block = new Uint8Array(BLOCK);
      block.set(first);
      for (let at = first.length; at < BLOCK;) {
        const part = await some(BLOCK - at);
        if (part.length === 0) throw endsEarly(BLOCK, at);
        block.set(part, at);
        at += part.length;
      }
      return block;
    },
    async text(size) {
      if (size > 1 << 16)
        throw new CifarError("BAD_ARCHIVE", `readTar: expected a name below 64 KiB, got ${size} bytes`);
      return decoder.decode(await collect(size));
    },
  };
}

const endsEarly = (expected: number, got: number): CifarError =>
  new CifarError("BAD_ARCHIVE", `readTar: expected ${expected} more bytes, got the end of the archive after ${got}`);
