import { float16ToFloat32 } from "npyjs";
import { ArrayFilesError } from "./errors.js";
import type { NumericArray } from "./named-array.js";

/** Element types by numpy's kind and size in bytes; `bf2` is bfloat16, which numpy has not. */
export type ElementType = "f8" | "f4" | "f2" | "bf2" | "i8" | "u8" | "i4" | "u4" | "i2" | "u2" | "i1" | "u1" | "b1";

type Reader = (buffer: ArrayBuffer) => NumericArray;

const readers: Record<ElementType, Reader> = {
  f8: (buffer) => new Float64Array(buffer),
  f4: (buffer) => new Float32Array(buffer),
  f2: (buffer) => Float32Array.from(new Uint16Array(buffer), float16ToFloat32),
  bf2: (buffer) => bfloat16(new Uint16Array(buffer)),
  i8: (buffer) => new BigInt64Array(buffer),
  u8: (buffer) => new BigUint64Array(buffer),
  i4: (buffer) => new Int32Array(buffer),
  u4: (buffer) => new Uint32Array(buffer),
  i2: (buffer) => new Int16Array(buffer),
  u2: (buffer) => new Uint16Array(buffer),
  i1: (buffer) => new Int8Array(buffer),
  u1: (buffer) => new Uint8Array(buffer),
  b1: (buffer) => Uint8Array.from(new Uint8Array(buffer), (byte) => (byte === 0 ? 0 : 1)),
};

export const isElementType = (name: string): name is ElementType => Object.hasOwn(readers, name);

export const bytesPerElement = (type: ElementType): number => Number(type.at(-1));

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Elements out of exactly the bytes that hold them, copied. Half floats widen to Float32 exactly; booleans become 0 and 1. */
export function decode(type: ElementType, bytes: Uint8Array, littleEndian: boolean): NumericArray {
  // Not bytes.slice(): that of Node's Buffer makes a view, and views may be unaligned.
  const copy = new Uint8Array(bytes);
  if (littleEndian !== hostIsLittleEndian) swapBytes(copy, bytesPerElement(type));
  return readers[type](copy.buffer);
}

/** The little-endian bytes of an array; a view of its own buffer where the host is little-endian. */
export function encode(data: NumericArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (hostIsLittleEndian) return bytes;
  const copy = bytes.slice();
  swapBytes(copy, data.BYTES_PER_ELEMENT);
  return copy;
}

/** The element type a typed array is written as. */
export function elementTypeOf(caller: string, data: NumericArray): ElementType {
  if (data instanceof Float64Array) return "f8";
  if (data instanceof Float32Array) return "f4";
  if (data instanceof BigInt64Array) return "i8";
  if (data instanceof BigUint64Array) return "u8";
  if (data instanceof Int32Array) return "i4";
  if (data instanceof Uint32Array) return "u4";
  if (data instanceof Int16Array) return "i2";
  if (data instanceof Uint16Array) return "u2";
  if (data instanceof Int8Array) return "i1";
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return "u1";
  throw new ArrayFilesError(
    "INVALID_ARGUMENT",
    `${caller}: expected data to be a typed array of numbers, got ${Object.prototype.toString.call(data)}`,
  );
}

function swapBytes(bytes: Uint8Array, width: number): void {
  if (width > 1) for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
}

/** A bfloat16 is the upper half of a float32. */
function bfloat16(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}
