import { CifarError } from "../errors.js";
import { fileSize } from "../locate.js";
import { withoutCredentials, type Address } from "./address.js";
import type { FetchFileOptions } from "./fetch-file.js";
import type { Meter } from "./meter.js";
import { createWatchdog } from "./watchdog.js";

/** `url` is what messages show. */
export interface Fetching extends FetchFileOptions {
  address: Address;
  meter: Meter;
}

/** A failure that another attempt may cure. */
export class Interruption extends Error {}

/**
 * One connection: asks for what is missing and adds it to what is there.
 *
 * @throws Interruption for what another attempt may cure; CifarError and errors of the file system for what none will.
 */
export async function attempt(options: Fetching): Promise<void> {
  const { truncate } = await import("node:fs/promises");
  const have = (await fileSize(options.part)) ?? 0;
  if (options.bytes !== undefined && have === options.bytes) return;
  if (have > options.most) {
    await truncate(options.part, 0);
    return attempt(options);
  }
  const watch = createWatchdog(options.stallTimeout, options.signal);
  try {
    const { href, headers } = options.address;
    // Compressed transfer would make offsets meaningless.
    const range: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
    const response = await fetch(href, {
      headers: { "accept-encoding": "identity", ...headers, ...range },
      signal: watch.signal,
    });
    const { start, total } = await placeOf(response, have, options);
    if (start === undefined) return;
    const stop = options.meter.begin(watch.end);
    const at = await save(response, start, total, watch.alive, options).finally(stop);
    if (total !== undefined && at !== total)
      throw new Interruption(`the connection ended after ${at} of ${total} bytes`);
  } catch (error) {
    const few = options.meter.tooFew();
    if (few !== undefined) throw tooSlow(options, few);
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
    // Whatever was refused is not read to its end.
    watch.end();
  }
}

/** Writes what comes, and ends at once what grows too large; then nothing of it stays. */
async function save(
  response: Response,
  start: number,
  total: number | undefined,
  alive: () => void,
  { part, most, url, meter, onProgress }: Fetching,
): Promise<number> {
  const { open, rm } = await import("node:fs/promises");
  const file = await open(part, start === 0 ? "w" : "a");
  let at = start;
  try {
    onProgress(at, total);
    for await (const chunk of response.body ?? []) {
      alive();
      meter.count(chunk.length);
      at += chunk.length;
      if (at > most) break;
      await file.writeFile(chunk);
      onProgress(at, total);
    }
  } finally {
    await file.close();
  }
  if (at <= most) return at;
  await rm(part, { force: true });
  throw new CifarError("WRONG_SIZE", `download: expected at most ${most} bytes from ${url}, got more`);
}

/** Where the answer's bytes belong; `start` is undefined where everything is there already. */
async function placeOf(
  response: Response,
  have: number,
  options: Fetching,
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

async function restart({ part }: Fetching, reason: string): Promise<never> {
  const { rm } = await import("node:fs/promises");
  await rm(part, { force: true });
  throw new Interruption(reason);
}

/** A login page or another file is refused at once, not after an hour. */
function checkTotal(total: number | undefined, { bytes, most, url }: Fetching): void {
  if (total === undefined || (total <= most && total === (bytes ?? total))) return;
  throw new CifarError(
    "WRONG_SIZE",
    `download: expected ${bytes ?? `at most ${most}`} bytes from ${url}, got ${total}`,
  );
}

const tooSlow = ({ url, minimumRate, rateWindow }: Fetching, bytes: number): CifarError =>
  new CifarError(
    "TOO_SLOW",
    `download: expected ${url} to send at least ${minimumRate} bytes per second, got ${bytes} bytes in ${rateWindow / 1000} s; ` +
      "the next download resumes",
  );

const codeOf = (error: unknown): string => (error instanceof Error && (error as NodeJS.ErrnoException).code) || "";

const isSystemError = (error: unknown): boolean =>
  ["ENOSPC", "EACCES", "EPERM", "EROFS", "EDQUOT", "EIO"].includes(codeOf(error));

/** fetch says "fetch failed" and hides why in the cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return withoutCredentials(String(error));
  return withoutCredentials(error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message);
}
