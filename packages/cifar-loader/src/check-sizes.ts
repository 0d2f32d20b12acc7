import { recordSize } from "./binary.js";
import { CifarError } from "./errors.js";
import { leastSize, mostSize, type Source } from "./sources.js";
import type { StoredFile, StoredFiles } from "./stored-files.js";

/**
 * Refuses files whose sizes are not those of all their records, before anything is read; prefixes are whole records, and any files.
 *
 * @throws CifarError NOT_FOUND or WRONG_SIZE.
 */
export function checkSizes(
  caller: string,
  source: Source,
  { packing, files }: StoredFiles,
  allowPrefix: boolean,
): void {
  const unit = packing.format === "binary" ? recordSize(source.layout) : 1;
  const none = files.every(({ size }) => size === undefined);
  for (const file of files) {
    const { path, size, records } = file;
    const [least, most] = [leastSize(source, packing, file), mostSize(source, packing, file)];
    if (size === undefined && allowPrefix && !none) continue;
    if (size === undefined)
      throw new CifarError(
        "NOT_FOUND",
        `${caller}: expected ${path} of ${records} records, got no such file${none ? "" : "; allowPrefix accepts any of the files"}`,
      );
    if (size >= least && size <= most) continue;
    if (allowPrefix && size > 0 && size <= most && size % unit === 0) continue;
    throw new CifarError(
      "WRONG_SIZE",
      `${caller}: expected ${path} of ${least === most ? least : `${least} to ${most}`} bytes, got ${size}; ` +
        (unit === 1 ? "allowPrefix accepts fewer" : `allowPrefix accepts fewer, in whole records of ${unit} bytes`),
    );
  }
}

/** What a file of the Python version holds shows only when it has been read. */
export function checkCount(caller: string, { path, records }: StoredFile, count: number, allowPrefix: boolean): void {
  if (count === records || (allowPrefix && count > 0 && count < records)) return;
  throw new CifarError(
    "WRONG_SIZE",
    `${caller}: expected ${path} with ${records} records, got ${count}; allowPrefix accepts fewer`,
  );
}
