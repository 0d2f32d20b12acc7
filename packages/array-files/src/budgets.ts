import { ArrayFilesError } from "./errors.js";

/** How much a file may unfold to. */
export interface ReadBudget {
  /**
   * Bytes that the file may be, and that the entries of a `.npz` file may declare together once inflated; default 8 GiB. The engine's
   * own limit on one typed array (4 GiB on Node 20) holds besides.
   */
  maxBytes?: number | undefined;
}

const DEFAULT_BYTES = 8 * 2 ** 30;

/** More axes than numpy has. */
const MOST_AXES = 64;

/** The budget asked for, or the default one. */
export function budgetOf(caller: string, { maxBytes = DEFAULT_BYTES }: ReadBudget): number {
  if (typeof maxBytes === "number" && maxBytes > 0) return maxBytes;
  throw new ArrayFilesError(
    "INVALID_ARGUMENT",
    `${caller}: expected maxBytes to be a positive number, got ${String(maxBytes)}`,
  );
}

/**
 * Bytes of an array of this shape.
 *
 * Extents beside a zero count too: a shape of 10³⁰⁰ by 0 needs no bytes, but is no shape either.
 *
 * @throws ArrayFilesError TOO_LARGE for more than 64 axes, or bytes beyond 2⁵³ − 1, which a double does not count exactly.
 */
export function declaredBytes(caller: string, what: string, shape: readonly number[], width: number): number {
  if (shape.length > MOST_AXES)
    throw new ArrayFilesError(
      "TOO_LARGE",
      `${caller}: expected ${what} with at most ${MOST_AXES} axes, got ${shape.length}`,
    );
  let bytes = width;
  for (const extent of shape) bytes *= Math.max(1, extent);
  if (!Number.isSafeInteger(bytes))
    throw new ArrayFilesError(
      "TOO_LARGE",
      `${caller}: expected ${what} to need at most 2^53 - 1 bytes, got shape [${shape.join(", ").slice(0, 80)}]`,
    );
  return shape.includes(0) ? 0 : bytes;
}
