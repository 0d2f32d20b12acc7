import { CifarError } from "../errors.js";
import { fileSize } from "../locate.js";
import { pause } from "./pause.js";

/** What to fetch, and how patiently. */
export interface FetchFileOptions {
  url: string;
  /** Where the bytes go; what is there already is taken for the beginning. */
  part: string;
  /** Size that the file must have, where it is known. */
  bytes: number | undefined;
  /** Milliseconds without a byte after which a connection is given up. */
  stallTimeout: number;
  /** Attempts in a row that may bring nothing new. */
  retries: number;
  /** Milliseconds before the second attempt; doubles from there, up to 30 s. */
  retryDelay: number;
  signal: AbortSignal | undefined;
  onProgress: (bytes: number, total: number | undefined) => void;
}

/** A failure that another attempt may cure. */
class Interruption extends Error {}

/**
 * Fetches a file, resuming by HTTP Range after every interruption, in this run and the next.
 *
 * A server that ignores Range is read from the start again. Errors 408, 429 and 5xx, broken and stalled connections are tried again;
 * other errors are not.
 */
export async function fetchFile(options: FetchFileOptions): Promise<void> {
  let furthest = (await fileSize(options.part)) ?? 0;
  let idle = 0;
  for (;;) {
    try {
      await attempt(options);
      return;
    } catch (error) {
      if (options.signal?.aborted) throw aborted(options, error);
      if (!(error instanceof Interruption)) throw error;
      const size = (await fileSize(options.part)) ?? 0;
      idle = size > furthest ? 0 : idle + 1;
      furthest = Math.max(furthest, size);
      if (idle > options.retries)
        throw new CifarError(
          "DOWNLOAD_FAILED",
          `download: ${options.url} sent ${furthest} bytes${options.bytes === undefined ? "" : ` of ${options.bytes}`}, then ${idle} attempts brought no more: ${error.message}`,
          { cause: error },
        );
      await pause(Math.min(30_000, options.retryDelay * 2 ** Math.max(0, idle - 1)), options.signal).catch(
        (reason: unknown) => {
          throw aborted(options, reason);
        },
      );
    }
  }
}

const aborted = ({ url }: FetchFileOptions, cause: unknown): CifarError =>
  new CifarError("ABORTED", `download: expected ${url} to arrive, got aborted; the next download resumes`, { cause });

async function attempt(options: FetchFileOptions): Promise<void> {
  const { open, truncate } = await import("node:fs/promises");
  const have = (await fileSize(options.part)) ?? 0;
  if (options.bytes !== undefined && have === options.bytes) return;
  if (options.bytes !== undefined && have > options.bytes) {
    await truncate(options.part, 0);
    return attempt(options);
  }
  const watch = watchdog(options);
  try {
    const response = await request(options.url, have, watch.signal);
    const { start, total } = await placeOf(response, have, options);
    if (start === undefined) return;
    const file = await open(options.part, start === 0 ? "w" : "a");
    let at = start;
    try {
      options.onProgress(at, total);
      for await (const chunk of response.body ?? []) {
        watch.alive();
        await file.writeFile(chunk);
        at += chunk.length;
        options.onProgress(at, total);
      }
    } finally {
      await file.close();
    }
    if (total !== undefined && at !== total)
      throw new Interruption(`the connection ended after ${at} of ${total} bytes`);
  } catch (error) {
    // The file system's errors are final, the network's are not, unless there is no such server.
    if (error instanceof CifarError || error instanceof Interruption || isSystemError(error)) throw error;
    if (codeOf(error instanceof Error ? error.cause : error) === "ENOTFOUND")
      throw new CifarError("DOWNLOAD_FAILED", `download: expected a server at ${options.url}, got ${describe(error)}`, {
        cause: error,
      });
    throw new Interruption(watch.stalled() ? `no byte for ${options.stallTimeout} ms` : describe(error), {
      cause: error,
    });
  } finally {
    watch.stop();
  }
}

/** Compressed transfer would make offsets meaningless. */
const request = (url: string, have: number, signal: AbortSignal): Promise<Response> =>
  fetch(url, { headers: { "accept-encoding": "identity", ...(have > 0 ? { range: `bytes=${have}-` } : {}) }, signal });

/** Where the answer's bytes belong; `start` is undefined where everything is there already. */
async function placeOf(
  response: Response,
  have: number,
  options: FetchFileOptions,
): Promise<{ start: number | undefined; total: number | undefined }> {
  const { status, headers } = response;
  const length = headers.get("content-length");
  if (status === 200) {
    const total = length === null ? options.bytes : Number(length);
    checkTotal(total, options);
    return { start: 0, total };
  }
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
    const total = range === null || range[2] === "*" ? options.bytes : Number(range[2]);
    checkTotal(total, options);
    if (range !== null && Number(range[1]) === have) return { start: have, total };
    await restart(options, `expected bytes from ${have}, got ${headers.get("content-range") ?? "no content-range"}`);
  }
  // Nothing follows what is there: it is whole, or it is something else.
  if (status === 416 && have > 0) {
    if (options.bytes === undefined && headers.get("content-range") === `bytes */${have}`)
      return { start: undefined, total: have };
    await restart(options, `the server has no byte ${have}`);
  }
  const message = `${status} ${response.statusText}`.trim();
  if (status === 408 || status === 429 || status >= 500) throw new Interruption(message);
  throw new CifarError("DOWNLOAD_FAILED", `download: expected ${options.url} to answer with the file, got ${message}`);
}

async function restart({ part }: FetchFileOptions, reason: string): Promise<never> {
  const { rm } = await import("node:fs/promises");
  await rm(part, { force: true });
  throw new Interruption(reason);
}

/** A login page or another file is refused at once, not after an hour. */
function checkTotal(total: number | undefined, { bytes, url }: FetchFileOptions): void {
  if (bytes !== undefined && total !== undefined && total !== bytes)
    throw new CifarError("WRONG_SIZE", `download: expected ${bytes} bytes from ${url}, got ${total}`);
}

interface Watchdog {
  signal: AbortSignal;
  alive(): void;
  stalled(): boolean;
  stop(): void;
}

/** Ends an attempt when the caller asks, or when nothing has come for too long. */
function watchdog({ stallTimeout, signal }: FetchFileOptions): Watchdog {
  const controller = new AbortController();
  let stalled = false;
  const bark = (): void => {
    stalled = true;
    controller.abort();
  };
  let timer = setTimeout(bark, stallTimeout);
  const forward = (): void => controller.abort();
  if (signal?.aborted) controller.abort();
  signal?.addEventListener("abort", forward);
  return {
    signal: controller.signal,
    stalled: () => stalled,
    alive() {
      clearTimeout(timer);
      timer = setTimeout(bark, stallTimeout);
    },
    stop() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", forward);
    },
  };
}

const codeOf = (error: unknown): string => (error instanceof Error && (error as NodeJS.ErrnoException).code) || "";

const isSystemError = (error: unknown): boolean =>
  ["ENOSPC", "EACCES", "EPERM", "EROFS", "EDQUOT", "EIO"].includes(codeOf(error));

/** fetch says "fetch failed" and hides why in the cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
