import { Inflate } from "fflate";
import { ArrayFilesError } from "../errors.js";

/** A byte of deflated data gives at most 1,032: a symbol of a copy takes two bits or more and gives 258 bytes or fewer. */
export const MOST_INFLATION = 1032;

/** A stored block of the largest size, which fflate waits for, and the header of the next, with room to spare. */
const LONGEST_SILENCE = 131_072;

/**
 * Inflates data that must come to exactly `size` bytes, and stops about 1 MB beyond that.
 *
 * fflate's `inflateSync` would go on to the end of a bomb; its streaming side is fed slices too small to go far past the size.
 *
 * @param size - At most `MOST_INFLATION` times the packed bytes; allocated at once.
 * @throws ArrayFilesError CORRUPT where there is more, less, or something other than deflated data; TOO_LARGE where the engine has no
 *   typed array of that size.
 */
export function inflateTo(caller: string, what: string, packed: Uint8Array, size: number): Uint8Array {
  const wrong = (got: string, cause?: unknown): ArrayFilesError =>
    new ArrayFilesError("CORRUPT", `${caller}: expected ${size} bytes in ${what}, got ${got}`, { cause });
  const data = allocate(caller, what, size);
  let at = 0;
  let silence = 0;
  const inflate = new Inflate((chunk) => {
    if (at + chunk.length > size) throw wrong("more");
    data.set(chunk, at);
    at += chunk.length;
    if (chunk.length > 0) silence = 0;
  });
  for (let from = 0, to = -1; to < packed.length; from = to) {
    to = Math.min(packed.length, from + sliceFor(size - at));
    silence += to - from;
    try {
      inflate.push(packed.subarray(from, to), to === packed.length);
    } catch (error) {
      if (error instanceof ArrayFilesError) throw error;
      throw wrong("what is not deflated data", error);
    }
    if (silence > LONGEST_SILENCE) throw wrong(`${at} and ${packed.length - to} or more packed ones after them`);
  }
  if (at !== size) throw wrong(`${at}`);
  return data;
}

/** Deflated bytes that give at most what is missing, or 1 MB. */
const sliceFor = (missing: number): number => Math.max(1024, Math.min(65_536, Math.floor(missing / MOST_INFLATION)));

function allocate(caller: string, what: string, size: number): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (error) {
    throw new ArrayFilesError("TOO_LARGE", `${caller}: expected ${what} to fit a typed array, got ${size} bytes`, {
      cause: error,
    });
  }
}
