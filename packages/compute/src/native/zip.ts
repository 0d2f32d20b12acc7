import { createWriteStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { fromRandomAccessReaderPromise, type Entry, type ZipFile } from "yauzl";
import { ComputeError } from "../errors.js";
import { ZipReader } from "./zip-reader.js";

/** A ZIP archive whose files are unpacked one by one. */
export interface Zip {
  /** Names and sizes when unpacked. */
  entries: ReadonlyMap<string, { size: number }>;
  /**
   * Unpacks one file to `path`, whose folder is made, and checks its size and CRC-32; what passes its size is not written on.
   *
   * @throws ComputeError `WHEEL_MISMATCH`; errors of the file system pass.
   */
  extract(name: string, path: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a ZIP archive and reads its directory; the files are read in place. Zip64, stored and deflated files, no encryption.
 *
 * @throws ComputeError `WHEEL_INVALID` if it is none, or has a name twice or one that leaves the folder; errors of the file system pass.
 */
export async function openZip(path: string): Promise<Zip> {
  const invalid = (reason: string, cause?: unknown): ComputeError =>
    new ComputeError("WHEEL_INVALID", `openZip: expected ${path} to be a ZIP archive, got: ${reason}`, { cause });
  const file = await open(path);
  let zip: ZipFile | undefined;
  try {
    const { size } = await file.stat();
    zip = await fromRandomAccessReaderPromise(new ZipReader(file, size), size, { autoClose: false });
    const found = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) {
      if (found.has(entry.fileName)) throw invalid(`${entry.fileName} twice`);
      found.set(entry.fileName, entry);
    }
    return zipOf(zip, found);
  } catch (error) {
    await (zip === undefined ? file.close() : close(zip));
    throw isForeign(error) ? error : invalid((error as Error).message, error);
  }
}

const zipOf = (zip: ZipFile, found: ReadonlyMap<string, Entry>): Zip => ({
  entries: new Map(Array.from(found, ([name, entry]) => [name, { size: entry.uncompressedSize }])),
  extract: (name, to) => extract(zip, found.get(name)!, to),
  close: () => close(zip),
});

/** Errors of the file system and our own; yauzl's have no code. */
const isForeign = (error: unknown): boolean =>
  error instanceof ComputeError || (error as NodeJS.ErrnoException).syscall !== undefined;

async function close(zip: ZipFile): Promise<void> {
  const closed = new Promise<void>((resolve, reject) => {
    zip.once("close", resolve).once("error", reject);
  });
  zip.close();
  await closed;
}

async function extract(zip: ZipFile, entry: Entry, path: string): Promise<void> {
  const broken = (reason: string, cause?: unknown): ComputeError =>
    new ComputeError(
      "WHEEL_MISMATCH",
      `extract: expected ${entry.fileName} as its archive describes it, got: ${reason}`,
      {
        cause,
      },
    );
  await mkdir(dirname(path), { recursive: true });
  // yauzl holds files to their sizes, but leaves their checksums to us.
  let crc = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      crc = crc32(chunk, crc);
      done(null, chunk);
    },
  });
  try {
    await pipeline(await zip.openReadStreamPromise(entry), check, createWriteStream(path));
  } catch (error) {
    throw isForeign(error) ? error : broken((error as Error).message, error);
  }
  if (crc !== entry.crc32) throw broken(`CRC-32 ${crc.toString(16)}, not ${entry.crc32.toString(16)}`);
}
