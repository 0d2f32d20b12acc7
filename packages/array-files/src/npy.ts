import { dump } from "npyjs";
import { declaredBytes } from "./budgets.js";
import { bytesPerElement, decode, elementTypeOf, type ElementType } from "./dtypes.js";
import { ArrayFilesError } from "./errors.js";
import { checkArray, type NamedArray, type NumericArray } from "./named-array.js";
import { parseNpyHeader } from "./npy-header.js";

/**
 * Reads a `.npy` file (format versions 1 to 3).
 *
 * The result is row-major and in the machine's byte order whatever the file's were: Fortran-ordered arrays are reordered.
 * float16 widens to Float32Array, bool becomes a Uint8Array of 0 and 1, 64-bit integers are BigInt arrays. NaN and infinities pass.
 * Cost: one copy of the data, two for Fortran order; nothing is allocated before the header has been found to fit the bytes.
 *
 * @param bytes - The whole file, and nothing after it.
 * @throws ArrayFilesError WRONG_FORMAT, TRUNCATED, CORRUPT, UNSUPPORTED_DTYPE (complex, strings, objects, records, long doubles, dates),
 *   or TOO_LARGE for a header beyond 65,535 bytes, more than 64 axes, or extents whose product no double counts.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function parseNpy(bytes: Uint8Array): NamedArray {
  const { type, littleEndian, fortranOrder, shape, offset } = parseNpyHeader(bytes);
  const expected = declaredBytes("parseNpy", "an array", shape, bytesPerElement(type));
  const got = bytes.length - offset;
  if (got < expected)
    throw new ArrayFilesError(
      "TRUNCATED",
      `parseNpy: expected ${expected} bytes of data for ${describe(type, shape)}, got ${got}`,
    );
  if (got > expected)
    throw new ArrayFilesError(
      "CORRUPT",
      `parseNpy: expected ${expected} bytes of data for ${describe(type, shape)}, got ${got}`,
    );
  const data = decode(type, bytes.subarray(offset), littleEndian);
  return { shape, data: fortranOrder ? toRowMajor(data, shape) : data };
}

/**
 * Writes a `.npy` file (format version 1, row-major).
 *
 * @returns The whole file. The element type is the typed array's own; there is no way to write bool or float16.
 * @throws ArrayFilesError INVALID_ARGUMENT if the shape does not hold exactly the data.
 */
export function formatNpy(array: NamedArray): Uint8Array<ArrayBuffer> {
  checkArray("formatNpy", "array", array);
  elementTypeOf("formatNpy", array.data);
  return new Uint8Array(dump(array.data, array.shape));
}

/** Reorders column-major data; walks the result in order while an odometer keeps the place in the source. */
function toRowMajor(data: NumericArray, shape: readonly number[]): NumericArray {
  if (shape.filter((extent) => extent !== 1).length < 2 || data.length === 0) return data;
  const strides: number[] = [];
  shape.reduce((stride, extent, axis) => ((strides[axis] = stride), stride * extent), 1);
  const result = data.slice();
  const index = shape.map(() => 0);
  let source = 0;
  for (let target = 0; target < result.length; target++) {
    result[target] = data[source]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      source -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

const describe = (type: ElementType, shape: readonly number[]): string => `${type} of shape [${shape.join(", ")}]`;
