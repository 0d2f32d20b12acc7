import { dump } from "npyjs";
import { bytesPerElement, decode, elementTypeOf, isElementType, type ElementType } from "./dtypes.js";
import { ArrayFilesError } from "./errors.js";
import { checkArray, sizeOf, type NamedArray, type NumericArray } from "./named-array.js";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/**
 * Reads a `.npy` file (format versions 1 to 3).
 *
 * The result is row-major and in the machine's byte order whatever the file's were: Fortran-ordered arrays are reordered.
 * float16 widens to Float32Array, bool becomes a Uint8Array of 0 and 1, 64-bit integers are BigInt arrays. NaN and infinities pass.
 * Cost: one copy of the data, two for Fortran order.
 *
 * @param bytes - The whole file.
 * @throws ArrayFilesError WRONG_FORMAT, TRUNCATED, CORRUPT, or UNSUPPORTED_DTYPE (complex, strings, objects, records, long doubles, dates).
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function parseNpy(bytes: Uint8Array): NamedArray {
  const { type, littleEndian, fortranOrder, shape, offset } = parseHeader(bytes);
  const expected = sizeOf(shape) * bytesPerElement(type);
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

interface Header {
  type: ElementType;
  littleEndian: boolean;
  fortranOrder: boolean;
  shape: number[];
  offset: number;
}

function parseHeader(bytes: Uint8Array): Header {
  if (MAGIC.some((byte, i) => i < bytes.length && bytes[i] !== byte) || bytes.length === 0)
    throw new ArrayFilesError(
      "WRONG_FORMAT",
      `parseNpy: expected bytes that begin with \\x93NUMPY, got ${firstBytes(bytes)}`,
    );
  if (bytes.length < 12)
    throw new ArrayFilesError("TRUNCATED", `parseNpy: expected a header of at least 12 bytes, got ${bytes.length}`);
  const version = bytes[6]!;
  if (version < 1 || version > 3)
    throw new ArrayFilesError("WRONG_FORMAT", `parseNpy: expected format version 1, 2 or 3, got ${version}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const offset = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (offset > bytes.length)
    throw new ArrayFilesError(
      "TRUNCATED",
      `parseNpy: expected a header that ends at byte ${offset}, got ${bytes.length} bytes`,
    );
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes.subarray(start, offset)).trim();
  return { ...parseDictionary(text), offset };
}

/** The header is a Python literal with exactly three entries; records (a list as `descr`) have no typed array. */
function parseDictionary(text: string): Omit<Header, "offset"> {
  const descr = /['"]descr['"]\s*:\s*(['"])(.*?)\1/.exec(text)?.[2];
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  const extents = /['"]shape['"]\s*:\s*\(([^()]*)\)/.exec(text)?.[1];
  if (descr === undefined && /['"]descr['"]\s*:\s*[[(]/.test(text))
    throw new ArrayFilesError("UNSUPPORTED_DTYPE", "parseNpy: expected elements that are plain numbers, got records");
  if (descr === undefined || order === undefined || extents === undefined)
    throw new ArrayFilesError(
      "CORRUPT",
      `parseNpy: expected a header with descr, fortran_order and shape, got ${JSON.stringify(text.slice(0, 120))}`,
    );
  const type = descr.replace(/^[<>|=]/, "");
  if (!isElementType(type) || type === "bf2")
    throw new ArrayFilesError(
      "UNSUPPORTED_DTYPE",
      `parseNpy: expected a boolean, integer or float dtype, got ${descr}`,
    );
  const parts = extents.split(",").map((part) => part.trim());
  if (parts.at(-1) === "") parts.pop();
  // Python 2 wrote long extents as 3L.
  if (!parts.every((part) => /^\d+L?$/.test(part)))
    throw new ArrayFilesError("CORRUPT", `parseNpy: expected a shape of integers, got (${extents})`);
  return {
    type,
    littleEndian: !descr.startsWith(">"),
    fortranOrder: order === "True",
    shape: parts.map((part) => parseInt(part, 10)),
  };
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

/** The start of a file as a message shows it. */
export const firstBytes = (bytes: Uint8Array): string =>
  bytes.length === 0
    ? "no bytes"
    : Array.from(bytes.subarray(0, 6), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
