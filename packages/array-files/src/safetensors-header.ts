// Kept here: npm has no maintained reader of safetensors; the JSON in it is read by libraries.
import { declaredBytes } from "./budgets.js";
import { bytesPerElement, type ElementType } from "./dtypes.js";
import { ArrayFilesError } from "./errors.js";
import { parseJsonText } from "./json-text.js";
import { firstBytes } from "./npy-header.js";

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

/** The format's names of the element types. */
export const dtypeNames = new Map(Object.entries(types).map(([name, type]) => [type, name]));

/** A tensor as the header describes it, found to be possible; its bytes are counted from the end of the header. */
export interface Tensor {
  name: string;
  type: ElementType;
  shape: number[];
  begin: number;
  end: number;
}

/** What the header of a safetensors file says; the data begins at `start`. */
export interface SafetensorsHeader {
  tensors: Tensor[];
  metadata: Record<string, string>;
  start: number;
}

/**
 * Reads the header of a safetensors file and finds that its tensors tile the data exactly.
 *
 * @throws ArrayFilesError as `parseSafetensors`.
 */
export function parseSafetensorsHeader(bytes: Uint8Array): SafetensorsHeader {
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
  const header = parseJsonText(bytes.subarray(8, start), {
    caller: "parseSafetensors",
    what: "a header in JSON",
    invalid: "CORRUPT",
    depth: 3,
  });
  if (!isRecord(header))
    throw new ArrayFilesError("CORRUPT", "parseSafetensors: expected a JSON object as header, got another value");
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string"))
    throw new ArrayFilesError("CORRUPT", "parseSafetensors: expected __metadata__ to map names to strings");
  const tensors = Object.entries(rest).map(([name, entry]) => parseTensor(name, entry));
  checkLayout(tensors, bytes.length - start);
  return { tensors, metadata: metadata as Record<string, string>, start };
}

function parseTensor(name: string, entry: unknown): Tensor {
  if (isRecord(entry)) {
    const { dtype, shape, data_offsets: offsets } = entry;
    if (typeof dtype === "string" && isCounts(shape) && isCounts(offsets) && offsets.length === 2)
      return describeTensor(name, dtype, shape, offsets[0]!, offsets[1]!);
  }
  throw new ArrayFilesError(
    "CORRUPT",
    `parseSafetensors: expected ${name} with dtype, shape and data_offsets, got ${JSON.stringify(entry).slice(0, 120)}`,
  );
}

function describeTensor(name: string, dtype: string, shape: number[], begin: number, end: number): Tensor {
  const type = Object.hasOwn(types, dtype) ? types[dtype] : undefined;
  if (type === undefined)
    throw new ArrayFilesError(
      "UNSUPPORTED_DTYPE",
      `parseSafetensors: expected ${name} to be one of ${Object.keys(types).join(", ")}, got ${dtype.slice(0, 80)}`,
    );
  const expected = declaredBytes("parseSafetensors", name, shape, bytesPerElement(type));
  if (end - begin !== expected)
    throw new ArrayFilesError(
      "CORRUPT",
      `parseSafetensors: expected ${expected} bytes for ${name}, ${dtype} of shape [${shape.join(", ")}], got ${end - begin}`,
    );
  return { name, type, shape, begin, end };
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
