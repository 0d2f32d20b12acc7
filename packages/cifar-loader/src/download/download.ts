import { CifarError } from "../errors.js";
import { cacheDirectory, fileSize, isComplete } from "../locate.js";
import { fullSize, sources, type Source, type SourceId } from "../sources.js";
import { extract } from "./extract.js";
import { fetchFile } from "./fetch-file.js";
import { withLock } from "./lock.js";

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
 * Needs 170 MB for the archive, which is removed afterwards, and 184 MB for the files.
 *
 * @throws CifarError DOWNLOAD_FAILED, WRONG_SIZE, WRONG_SUM, BAD_ARCHIVE, ABORTED or INVALID_ARGUMENT; errors of the file system pass.
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
  const root = options.directory ?? (await cacheDirectory());
  const directory = paths.join(root, source.folder);
  if (await isComplete(directory, source)) return { directory, cached: true };
  await mkdir(root, { recursive: true });
  const archive: Archive = {
    url: options.url ?? source.url,
    md5: (options.md5 ?? source.md5).toLowerCase(),
    bytes: options.md5 === undefined ? source.bytes : undefined,
    part: paths.join(root, `${source.folder}.tar.gz.part`),
  };
  const report = options.onProgress ?? (() => undefined);
  const onWait = (): void => report({ phase: "wait", bytes: 0, total: undefined });
  const work = async (): Promise<Downloaded> => {
    if (await isComplete(directory, source)) return { directory, cached: true };
    await fetchVerified(archive, options, report);
    await place(archive, source, directory, options.signal, report);
    return { directory, cached: false };
  };
  return withLock(paths.join(root, `${source.folder}.lock`), work, { signal: options.signal, onWait });
}

interface Archive {
  url: string;
  md5: string;
  bytes: number | undefined;
  part: string;
}

type Report = (progress: DownloadProgress) => void;

/** A wrong sum after a resumed download may be the old part's fault: that one chance more, from the start. */
async function fetchVerified(archive: Archive, options: DownloadOptions, report: Report): Promise<void> {
  const { rm } = await import("node:fs/promises");
  const { url, md5, bytes, part } = archive;
  const { stallTimeout = 30_000, retries = 5, retryDelay = 1000, signal } = options;
  for (;;) {
    const resumed = ((await fileSize(part)) ?? 0) > 0;
    const onProgress = (sofar: number, total: number | undefined): void =>
      report({ phase: "fetch", bytes: sofar, total });
    await fetchFile({ url, part, bytes, stallTimeout, retries, retryDelay, signal, onProgress });
    const actual = await md5Of(part, signal, report);
    if (actual === md5) return;
    await rm(part, { force: true });
    if (!resumed) throw new CifarError("WRONG_SUM", `download: expected MD5 ${md5} from ${url}, got ${actual}`);
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

/** Unpacks beside the target and renames: whoever looks sees all files or none. */
async function place(
  { part }: Archive,
  source: Source,
  directory: string,
  signal: AbortSignal | undefined,
  report: Report,
): Promise<void> {
  const { mkdtemp, readdir, rename, rm } = await import("node:fs/promises");
  const paths = await import("node:path");
  const files = [...source.train, ...source.test];
  const total = files.reduce((sum, file) => sum + fullSize(source, file), 0);
  // A download that was killed while unpacking left its folder; we hold the lock, so nobody is using it.
  const [parent, prefix] = [paths.dirname(directory), `${paths.basename(directory)}.tmp-`];
  for (const name of await readdir(parent))
    if (name.startsWith(prefix)) await rm(paths.join(parent, name), { recursive: true, force: true });
  const temporary = await mkdtemp(`${directory}.tmp-`);
  try {
    await extract(part, temporary, signal, (bytes) =>
      report({ phase: "extract", bytes: Math.min(bytes, total), total }),
    );
    const unpacked = paths.join(temporary, source.folder);
    for (const file of files) {
      const size = await fileSize(paths.join(unpacked, file.file));
      if (size !== fullSize(source, file))
        throw new CifarError(
          "WRONG_SIZE",
          `download: expected ${source.folder}/${file.file} of ${fullSize(source, file)} bytes in the archive, got ${size ?? "no such file"}`,
        );
    }
    await rm(directory, { recursive: true, force: true });
    await rename(unpacked, directory);
    await rm(part, { force: true });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
