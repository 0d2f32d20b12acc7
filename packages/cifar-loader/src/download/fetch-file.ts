import { CifarError } from "../errors.js";
import { fileSize } from "../locate.js";
import { addressOf } from "./address.js";
import { createMeter } from "./meter.js";
import type { FetchFileOptions } from "./options.js";
import { pause } from "./pause.js";
import { attempt, Interruption, type Fetching } from "./transfer.js";

export type { FetchFileOptions };

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
