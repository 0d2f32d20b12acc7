import { ArrayFilesError } from "./errors.js";

/** The typed arrays that files of numbers map to. */
export type NumericArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray;

/** Numbers and their shape; `data` is row-major (the last index runs fastest). A scalar has shape `[]` and one number. */
export interface NamedArray {
  shape: number[];
  data: NumericArray;
}

/** Refuses an array whose shape is not a list of extents or does not hold exactly its data. */
export function checkArray(caller: string, what: string, array: NamedArray): void {
  const { shape, data } = array;
  const countable = Number.isSafeInteger(shape.reduce((product, extent) => product * Math.max(1, extent), 8));
  if (!shape.every((extent) => Number.isInteger(extent) && extent >= 0) || shape.length > 64 || !countable)
    throw new ArrayFilesError(
      "INVALID_ARGUMENT",
      `${caller}: expected ${what} with a shape of at most 64 non-negative integers, got [${shape.join(", ").slice(0, 200)}]`,
    );
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size !== data.length)
    throw new ArrayFilesError(
      "INVALID_ARGUMENT",
      `${caller}: expected ${what} with ${size} elements for its shape [${shape.join(", ")}], got ${data.length}`,
    );
}

/**
 * The elements of an array as doubles, row-major, always in a new buffer.
 *
 * 64-bit integers beyond ±2⁵³ are rounded to the nearest double, as in numpy's `astype(float64)`; all other element types convert exactly.
 * Cost: one pass.
 */
export function toFloat64(array: NamedArray): Float64Array {
  const { data } = array;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  return Float64Array.from(data);
}
