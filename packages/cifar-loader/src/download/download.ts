import { CifarError } from "../errors.js";
import { cacheDirectory, fileSize, isComplete } from "../locate.js";
import { sources, type Source, type SourceId } from "../sources.js";
import { addressOf } from "./address.js";
import { fetchFile, type FetchFileOptions } from "./fetch-file.js";
import { withLock } from "./lock.js";
import { place, removeEmpty } from "./place.js";

/** How far a download is. */
export interface DownloadProgress {
  /** `wait`: another process is downloading the same; `fetch`, `verify`, `extract`: in this order. */
  phase: "wait" | "fetch" | "verify" | "extract";
  /** Bytes of this phase so far. */
  bytes: number;
  /** Bytes of this phase in all, where that is known. */
  total: number | undefined;
}

/** What to download, and how. */
export interface DownloadOptions {
  /** Default `cifar-10`. */
  dataset?: SourceId | undefined;
  /** Folder that will hold the archive's folder. Default the cache folder, where `loadCifar10` looks. */
  directory?: string | undefined;
  /** A mirror of the official archive; its checksum is verified all the same. */
  url?: string | undefined;
  /** MD5 that the archive must have, hexadecimal, where `url` has another packing of the same files; its size is then not checked. */
  md5?: string | undefined;
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds without a byte after which a connection is given up and resumed. Default 30,000. */
  stallTimeout?: number | undefined;
  /** Attempts in a row that may bring nothing new. Default 5. */
  retries?: number | undefined;
  /** Milliseconds before the second attempt; doubles from there, up to 30 s. Default 1,000. */
  retryDelay?: number | undefined;
  /** Bytes per second; a transfer that brings fewer for `rateWindow` is given up. 0 accepts any. Default 1,000. */
  minimumRate?: number | undefined;
  /** Milliseconds of transfer over which the rate is taken. Default 60,000. */
  rateWindow?: number | undefined;
}

/** Where the data is now. */
export interface Downloaded {
  /** The folder of the binary files. */
  directory: string;
  /** Whether everything was there already. */
  cached: boolean;
}

/**
 * Fetches the official archive, verifies its MD5, unpacks it, and puts the folder in its place in one step. Node only.
 *
 * Returns at once where the data is complete. An interrupted download leaves a `.part` file, which the next one resumes by HTTP
 * Range; stalled and broken connections are resumed within the call. The official server has been slow at times: allow an hour.
 * Two downloads into one folder at the same time are safe: the second waits and finds the data there.
 * Needs 170 MB for the archive, which is removed afterwards, and 184 MB for the files. A download that is refused leaves nothing; one
 * that fails leaves the `.part` file at most. Messages show addresses without name, password and query.
 *
 * @throws CifarError DOWNLOAD_FAILED, WRONG_SIZE, WRONG_SUM, TOO_SLOW, BAD_ARCHIVE, ABORTED or INVALID_ARGUMENT; errors of the file
 *   system pass.
 */
export async function download(options: DownloadOptions = {}): Promise<Downloaded> {
  const source = sources[options.dataset ?? "cifar-10"] as Source | undefined;
  if (source !== undefined) return downloadSource(source, options);
  throw new CifarError(
    "INVALID_ARGUMENT",
    `download: expected dataset to be ${Object.keys(sources).join(" or ")}, got ${String(options.dataset)}`,
  );
}

export async function downloadSource(source: Source, options: DownloadOptions): Promise<Downloaded> {
  const { mkdir } = await import("node:fs/promises");
  const paths = await import("node:path");
  const { url } = options;
  // Whatever cannot work is refused before a folder is made.
  const { shown } = addressOf(url ?? source.url);
  const patience = patienceOf(options);
  const root = options.directory ?? (await cacheDirectory());
  const directory = paths.join(root, source.folder);
  if (await isComplete(directory, source)) return { directory, cached: true };
  const made = await mkdir(root, { recursive: true });
  const archive: Archive = {
    url: url ?? source.url,
    shown,
    md5: (options.md5 ?? source.md5).toLowerCase(),
    bytes: options.md5 === undefined ? source.bytes : undefined,
    most: options.md5 === undefined ? source.bytes : OTHER_PACKING * source.bytes,
    part: paths.join(root, `${source.folder}.tar.gz.part`),
  };
  const report = options.onProgress ?? (() => undefined);
  const onWait = (): void => report({ phase: "wait", bytes: 0, total: undefined });
  const work = async (): Promise<Downloaded> => {
    if (await isComplete(directory, source)) return { directory, cached: true };
    await fetchVerified(archive, patience, options.signal, report);
    const onProgress = (bytes: number, total: number): void => report({ phase: "extract", bytes, total });
    await place(archive.part, source, directory, options.signal, onProgress);
    return { directory, cached: false };
  };
  try {
    return await withLock(paths.join(root, `${source.folder}.lock`), work, { signal: options.signal, onWait });
  } catch (error) {
    if (made !== undefined) await removeEmpty(root, made);
    throw error;
  }
}

/** An archive that is packed otherwise, or not at all, may be so many times as large. */
const OTHER_PACKING = 2;

type Patience = Required<
  Pick<FetchFileOptions, "stallTimeout" | "retries" | "retryDelay" | "minimumRate" | "rateWindow">
>;

function patienceOf(options: DownloadOptions): Patience {
  const { stallTimeout = 30_000, retries = 5, retryDelay = 1000, minimumRate = 1000, rateWindow = 60_000 } = options;
  const patience = { stallTimeout, retries, retryDelay, minimumRate, rateWindow };
  for (const [name, value] of Object.entries(patience))
    if (!(Number.isFinite(value) && value >= 0))
      throw new CifarError("INVALID_ARGUMENT", `download: expected ${name} to be a number of 0 or more, got ${value}`);
  return patience;
}

interface Archive {
  url: string;
  /** The address as messages show it. */
  shown: string;
  md5: string;
  bytes: number | undefined;
  most: number;
  part: string;
}

type Report = (progress: DownloadProgress) => void;

/** A wrong sum after a resumed download may be the old part's fault: that one chance more, from the start. */
async function fetchVerified(
  archive: Archive,
  patience: Patience,
  signal: AbortSignal | undefined,
  report: Report,
): Promise<void> {
  const { rm } = await import("node:fs/promises");
  const { url, shown, md5, bytes, most, part } = archive;
  for (;;) {
    const resumed = ((await fileSize(part)) ?? 0) > 0;
    const onProgress = (sofar: number, total: number | undefined): void =>
      report({ phase: "fetch", bytes: sofar, total });
    await fetchFile({ url, part, bytes, most, ...patience, signal, onProgress });
    const actual = await md5Of(part, signal, report);
    if (actual === md5) return;
    await rm(part, { force: true });
    if (!resumed) throw new CifarError("WRONG_SUM", `download: expected MD5 ${md5} from ${shown}, got ${actual}`);
  }
}

async function md5Of(path: string, signal: AbortSignal | undefined, report: Report): Promise<string> {
  const { createReadStream } = await import("node:fs");
  const { createHash } = await import("node:crypto");
  const total = await fileSize(path);
  const hash = createHash("md5");
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>) {
    if (signal?.aborted) throw new CifarError("ABORTED", `download: expected to verify ${path}, got aborted`);
    hash.update(chunk);
    report({ phase: "verify", bytes: (bytes += chunk.length), total });
  }
  return hash.digest("hex");
}
