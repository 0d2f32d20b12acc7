import { CifarError } from "../errors.js";
import { fileSize } from "../locate.js";
import { addressOf } from "./address.js";
import { createMeter } from "./meter.js";
import { pause } from "./pause.js";
import { attempt, Interruption, type Fetching } from "./transfer.js";

/** What to fetch, and how patiently. */
export interface FetchFileOptions {
  url: string;
  /** Where the bytes go; what is there already is taken for the beginning. */
  part: string;
  /** Size that the file must have, where it is known. */
  bytes: number | undefined;
  /** Size that the file may have at most. */
  most: number;
  /** Milliseconds without a byte after which a connection is given up. */
  stallTimeout: number;
  /** Attempts in a row that may bring nothing new. */
  retries: number;
  /** Milliseconds before the second attempt; doubles from there, up to 30 s. */
  retryDelay: number;
  /** Bytes per second that each `rateWindow` of milliseconds must bring. */
  minimumRate: number;
  rateWindow: number;
  signal: AbortSignal | undefined;
  onProgress: (bytes: number, total: number | undefined) => void;
}

/**
 * Fetches a file, resuming by HTTP Range after every interruption, in this run and the next.
 *
 * A server that ignores Range is read from the start again. Errors 408, 429 and 5xx, broken and stalled connections are tried again;
 * other errors are not. Messages show the address without name, password and query.
 *
 * @throws CifarError DOWNLOAD_FAILED, WRONG_SIZE, TOO_SLOW, ABORTED, or INVALID_ARGUMENT; errors of the file system pass.
 */
export async function fetchFile(given: FetchFileOptions): Promise<void> {
  const address = addressOf(given.url);
  const meter = createMeter(given.minimumRate, given.rateWindow);
  const options: Fetching = { ...given, address, meter, url: address.shown };
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

const aborted = ({ url }: Fetching, cause: unknown): CifarError =>
  new CifarError("ABORTED", `download: expected ${url} to arrive, got aborted; the next download resumes`, { cause });
