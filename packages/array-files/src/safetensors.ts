import { bytesPerElement, decode, elementTypeOf, encode, type ElementType } from "./dtypes.js";
import { ArrayFilesError } from "./errors.js";
import { checkArray, sizeOf, type NamedArray } from "./named-array.js";
import { firstBytes } from "./npy.js";

const types: Record<string, ElementType> = {
  F64: "f8",
  F32: "f4",
  F16: "f2",
  BF16: "bf2",
  I64: "i8",
  U64: "u8",
  I32: "i4",
  U32: "u4",
  I16: "i2",
  U16: "u2",
  I8: "i1",
  U8: "u1",
  BOOL: "b1",
};
const names = new Map(Object.entries(types).map(([name, type]) => [type, name]));

/** What a safetensors file holds: arrays in the order of its header, and free text about them. */
export interface Safetensors {
  arrays: Record<string, NamedArray>;
  metadata: Record<string, string>;
}

interface Tensor {
  name: string;
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

/**
 * Reads a `.safetensors` file, in any order of tensors, refusing files whose tensors overlap or leave gaps.
 *
 * F16 and BF16 widen to Float32Array exactly, BOOL becomes a Uint8Array of 0 and 1, 64-bit integers are BigInt arrays.
 * Cost: one copy of the data.
 *
 * @param bytes - The whole file.
 * @throws ArrayFilesError WRONG_FORMAT, TRUNCATED, CORRUPT, or UNSUPPORTED_DTYPE (8-bit floats, complex).
 * @see https://github.com/huggingface/safetensors#format
 */
export function parseSafetensors(bytes: Uint8Array): Safetensors {
  const { tensors, metadata, start } = parseHeader(bytes);
  checkLayout(tensors, bytes.length - start);
  const arrays = tensors.map(({ name, dtype, shape, begin, end }): [string, NamedArray] => {
    const type = Object.hasOwn(types, dtype) ? types[dtype] : undefined;
    if (type === undefined)
      throw new ArrayFilesError(
        "UNSUPPORTED_DTYPE",
        `parseSafetensors: expected ${name} to be one of ${Object.keys(types).join(", ")}, got ${dtype}`,
      );
    const expected = sizeOf(shape) * bytesPerElement(type);
    if (end - begin !== expected)
      throw new ArrayFilesError(
        "CORRUPT",
        `parseSafetensors: expected ${expected} bytes for ${name}, ${dtype} of shape [${shape.join(", ")}], got ${end - begin}`,
      );
    return [name, { shape, data: decode(type, bytes.subarray(start + begin, start + end), true) }];
  });
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
    const dtype = names.get(elementTypeOf("formatSafetensors", data))!;
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

function parseHeader(bytes: Uint8Array): { tensors: Tensor[]; metadata: Record<string, string>; start: number } {
  if (bytes.length < 8)
    throw new ArrayFilesError("TRUNCATED", `parseSafetensors: expected at least 8 bytes, got ${bytes.length}`);
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  // The format limits headers to 100 MB, so a larger number is the start of some other format.
  if (size > 100_000_000 || (bytes.length > 8 && bytes[8] !== 0x7b))
    throw new ArrayFilesError(
      "WRONG_FORMAT",
      `parseSafetensors: expected a header length and a JSON object, got ${firstBytes(bytes)}`,
    );
  const start = 8 + size;
  if (start > bytes.length)
    throw new ArrayFilesError(
      "TRUNCATED",
      `parseSafetensors: expected a header that ends at byte ${start}, got ${bytes.length} bytes`,
    );
  const header = parseJson(bytes.subarray(8, start));
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string"))
    throw new ArrayFilesError("CORRUPT", "parseSafetensors: expected __metadata__ to map names to strings");
  const tensors = Object.entries(rest).map(([name, entry]) => parseTensor(name, entry));
  return { tensors, metadata: metadata as Record<string, string>, start };
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isRecord(value)) return value;
  } catch (error) {
    throw new ArrayFilesError("CORRUPT", "parseSafetensors: expected a header in JSON, got something else", {
      cause: error,
    });
  }
  throw new ArrayFilesError("CORRUPT", "parseSafetensors: expected a JSON object as header, got another value");
}

function parseTensor(name: string, entry: unknown): Tensor {
  if (isRecord(entry)) {
    const { dtype, shape, data_offsets: offsets } = entry;
    if (typeof dtype === "string" && isCounts(shape) && isCounts(offsets) && offsets.length === 2)
      return { name, dtype, shape, begin: offsets[0]!, end: offsets[1]! };
  }
  throw new ArrayFilesError(
    "CORRUPT",
    `parseSafetensors: expected ${name} with dtype, shape and data_offsets, got ${JSON.stringify(entry).slice(0, 120)}`,
  );
}

/** Tensors must tile the data exactly; anything else hides bytes or shares them. */
function checkLayout(tensors: readonly Tensor[], size: number): void {
  let at = 0;
  for (const { name, begin, end } of tensors.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at || end < begin)
      throw new ArrayFilesError("CORRUPT", `parseSafetensors: expected ${name} at byte ${at}, got ${begin} to ${end}`);
    at = end;
  }
  if (at !== size)
    throw new ArrayFilesError(
      at > size ? "TRUNCATED" : "CORRUPT",
      `parseSafetensors: expected ${at} bytes of data, got ${size}`,
    );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
