import { decode, elementTypeOf, encode } from "./dtypes.js";
import { ArrayFilesError } from "./errors.js";
import { checkArray, type NamedArray } from "./named-array.js";
import { dtypeNames, parseSafetensorsHeader } from "./safetensors-header.js";

/** What a safetensors file holds: arrays in the order of its header, and free text about them. */
export interface Safetensors {
  arrays: Record<string, NamedArray>;
  metadata: Record<string, string>;
}

/**
 * Reads a `.safetensors` file, in any order of tensors, refusing files whose tensors overlap or leave gaps.
 *
 * F16 and BF16 widen to Float32Array exactly, BOOL becomes a Uint8Array of 0 and 1, 64-bit integers are BigInt arrays.
 * Cost: one copy of the data, made after the whole header has been found to fit the bytes.
 *
 * @param bytes - The whole file, and nothing after it; a header of at most 100 MB, which is the format's own limit.
 * @throws ArrayFilesError WRONG_FORMAT, TRUNCATED, CORRUPT (also for keys that occur twice), UNSUPPORTED_DTYPE (8-bit floats, complex),
 *   or TOO_LARGE for more than 64 axes or extents whose product no double counts.
 * @see https://github.com/huggingface/safetensors#format
 */
export function parseSafetensors(bytes: Uint8Array): Safetensors {
  const { tensors, metadata, start } = parseSafetensorsHeader(bytes);
  const arrays = tensors.map(({ name, type, shape, begin, end }): [string, NamedArray] => [
    name,
    { shape, data: decode(type, bytes.subarray(start + begin, start + end), true) },
  ]);
  return { arrays: Object.fromEntries(arrays), metadata };
}

/**
 * Writes a `.safetensors` file. The same arrays give the same bytes.
 *
 * The header keeps the order of the record's keys, which is the flat order of parameters, and reading restores it; the data lies
 * widest elements first, so that every tensor is aligned.
 *
 * @param metadata - Free text about the arrays; the format allows strings only.
 * @throws ArrayFilesError INVALID_ARGUMENT if a shape does not hold its data, or an array is called `__metadata__`.
 */
export function formatSafetensors(
  arrays: Readonly<Record<string, NamedArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(arrays);
  const begins = new Map<string, number>();
  let size = 0;
  for (const [name, array] of entries.toSorted((a, b) => b[1].data.BYTES_PER_ELEMENT - a[1].data.BYTES_PER_ELEMENT)) {
    if (name === "__metadata__")
      throw new ArrayFilesError("INVALID_ARGUMENT", "formatSafetensors: expected array names other than __metadata__");
    checkArray("formatSafetensors", name, array);
    begins.set(name, size);
    size += array.data.byteLength;
  }
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [["__metadata__", metadata]] : [];
  for (const [name, { shape, data }] of entries) {
    const begin = begins.get(name)!;
    const dtype = dtypeNames.get(elementTypeOf("formatSafetensors", data))!;
    header.push([name, { dtype, shape, data_offsets: [begin, begin + data.byteLength] }]);
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerSize = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerSize + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerSize), true);
  bytes.set(text, 8);
  bytes.fill(0x20, 8 + text.length, 8 + headerSize);
  for (const [name, { data }] of entries) bytes.set(encode(data), 8 + headerSize + begins.get(name)!);
  return bytes;
}
