import { describe, expect, it } from "vitest";
import { formatSafetensors, parseSafetensors, type NamedArray } from "../src/index.js";
import { fixture } from "./fixtures.js";

/** A file with this header and so many bytes of data. */
function handmade(header: unknown, size = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  for (let i = 0; i < size; i++) bytes[8 + text.length + i] = i;
  return bytes;
}
const tensor = (dtype: string, shape: unknown, begin: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const arrays: Record<string, NamedArray> = {
  zeta: { shape: [3], data: Int8Array.of(1, -2, 3) },
  alpha: { shape: [2, 2], data: Float32Array.of(1, NaN, -Infinity, -0) },
  steps: { shape: [], data: BigInt64Array.of(2n ** 60n) },
  empty: { shape: [0, 2], data: new Float64Array(0) },
};

describe("parseSafetensors", () => {
  it("reads a file of the Python package", () => {
    const file = parseSafetensors(fixture("python.safetensors"));
    expect(file.metadata).toEqual({ note: "made by safetensors" });
    expect(file.arrays).toStrictEqual({
      b: { shape: [3], data: Int8Array.of(0, 1, 2) },
      a: { shape: [2, 3], data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25) },
      flag: { shape: [2], data: Uint8Array.of(1, 0) },
      half: { shape: [3], data: Float32Array.of(0.5, -3, NaN) },
      scalar: { shape: [], data: BigInt64Array.of(9n) },
      empty: { shape: [0, 2], data: new Float64Array(0) },
    });
  });

  it("widens bfloat16", () => {
    const bytes = handmade({ x: tensor("BF16", [2], 0, 4) }, 4);
    bytes.set([0x80, 0x3f, 0x20, 0xc0], bytes.length - 4);
    expect(parseSafetensors(bytes).arrays["x"]!.data).toStrictEqual(Float32Array.of(1, -2.5));
  });

  it("allows any order in header and data", () => {
    const { arrays: read } = parseSafetensors(handmade({ b: tensor("U8", [1], 2, 3), a: tensor("U8", [2], 0, 2) }, 3));
    expect(read).toStrictEqual({
      b: { shape: [1], data: Uint8Array.of(2) },
      a: { shape: [2], data: Uint8Array.of(0, 1) },
    });
  });

  it.each([
    ["overlapping tensors", { a: tensor("U8", [2], 0, 2), b: tensor("U8", [2], 1, 3) }, 3, "CORRUPT"],
    ["a gap", { a: tensor("U8", [1], 0, 1), b: tensor("U8", [1], 2, 3) }, 3, "CORRUPT"],
    ["bytes no tensor owns", { a: tensor("U8", [1], 0, 1) }, 2, "CORRUPT"],
    ["missing data", { a: tensor("U8", [4], 0, 4) }, 3, "TRUNCATED"],
    ["a size that is not the shape's", { a: tensor("F32", [2], 0, 4) }, 4, "CORRUPT"],
    ["offsets that run backwards", { a: tensor("U8", [0], 0, -1) }, 0, "CORRUPT"],
    ["a shape of other things", { a: tensor("U8", ["x"], 0, 0) }, 0, "CORRUPT"],
    ["an entry that is no tensor", { a: 3 }, 0, "CORRUPT"],
    ["metadata that is not text", { __metadata__: { n: 1 } }, 0, "CORRUPT"],
    ["8-bit floats", { a: tensor("F8_E4M3", [1], 0, 1) }, 1, "UNSUPPORTED_DTYPE"],
    ["a dtype named as a property of objects", { a: tensor("toString", [1], 0, 1) }, 1, "UNSUPPORTED_DTYPE"],
    ["broken JSON", "{'a': 1}", 0, "CORRUPT"],
    ["another JSON value", "[1]", 0, "WRONG_FORMAT"],
    ["null for a tensor", { a: null }, 0, "CORRUPT"],
    ["null for the metadata", { __metadata__: null }, 0, "CORRUPT"],
    ["a tensor twice", '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":null}', 0, "CORRUPT"],
    ["a key twice in a tensor", '{"a":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}}', 0, "CORRUPT"],
    ["a key twice in the metadata", '{"__metadata__":{"k":"1","k":"2"}}', 0, "CORRUPT"],
    ["65 axes", { a: tensor("U8", Array(65).fill(1), 0, 1) }, 1, "TOO_LARGE"],
    ["2^60 elements beside a zero", { a: tensor("U8", [2 ** 30, 2 ** 30, 0], 0, 0) }, 0, "TOO_LARGE"],
    ["an extent that is not exact", { a: tensor("U8", [2 ** 53], 0, 1) }, 1, "CORRUPT"],
    ["offsets beyond the data", { a: tensor("U8", [2 ** 40], 0, 2 ** 40) }, 3, "TRUNCATED"],
    ["three offsets", { a: { dtype: "U8", shape: [1], data_offsets: [0, 1, 1] } }, 1, "CORRUPT"],
    ["negative extents", { a: tensor("U8", [-1, -1], 0, 1) }, 1, "CORRUPT"],
    ["no header at all", "", 0, "CORRUPT"],
    ["deep nesting", `{"a":${"[".repeat(20_000)}`, 0, "TOO_LARGE"],
  ])("refuses %s", (_, header, size, code) =>
    expect(() => parseSafetensors(handmade(header, size))).toThrow(expect.objectContaining({ code })),
  );

  it("takes keys that are properties of objects for names like any other", () => {
    const entry = JSON.stringify(tensor("U8", [1], 0, 1));
    const { arrays: read, metadata } = parseSafetensors(
      handmade(`{"__proto__":${entry},"__metadata__":{"__proto__":"x","constructor":"y"}}`, 1),
    );
    expect(Object.entries(read)).toStrictEqual([["__proto__", { shape: [1], data: Uint8Array.of(0) }]]);
    expect(Object.entries(metadata)).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
  });

  it("refuses a header that passes the format's 100 MB, whatever the file holds", () => {
    const bytes = new Uint8Array(20).fill(0x7b);
    new DataView(bytes.buffer).setBigUint64(0, 100_000_001n, true);
    expect(() => parseSafetensors(bytes)).toThrow(expect.objectContaining({ code: "WRONG_FORMAT" }));
  });

  it("refuses other formats and every truncation", () => {
    expect(() => parseSafetensors(fixture("float32.npy"))).toThrow("got 93 4e 55");
    const whole = formatSafetensors(arrays);
    for (let length = 0; length < whole.length; length++)
      expect(() => parseSafetensors(whole.subarray(0, length))).toThrow(expect.objectContaining({ code: "TRUNCATED" }));
  });
});

describe("formatSafetensors", () => {
  it("is undone by parseSafetensors, order of keys and metadata included", () => {
    const file = parseSafetensors(formatSafetensors(arrays, { seed: "3" }));
    expect(file).toStrictEqual({ arrays, metadata: { seed: "3" } });
    expect(Object.keys(file.arrays)).toEqual(Object.keys(arrays));
  });

  it("aligns every tensor to its element", () => {
    const bytes = formatSafetensors(arrays);
    const size = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size))) as Record<
      string,
      { data_offsets: number[] }
    >;
    for (const [name, { data }] of Object.entries(arrays))
      expect((8 + size + header[name]!.data_offsets[0]!) % data.BYTES_PER_ELEMENT).toBe(0);
  });

  it("is undone by parseSafetensors for every type of element", () => {
    const every: Record<string, NamedArray> = Object.fromEntries(
      [Float64Array, Float32Array, Int32Array, Uint32Array, Int16Array, Uint16Array, Int8Array, Uint8Array].map(
        (Type) => [Type.name, { shape: [3], data: Type.of(1, 2, 3) }],
      ),
    );
    every["signed"] = { shape: [1], data: BigInt64Array.of(-(2n ** 63n)) };
    every["unsigned"] = { shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) };
    expect(parseSafetensors(formatSafetensors(every)).arrays).toStrictEqual(every);
    const clamped = { w: { shape: [2], data: Uint8ClampedArray.of(0, 255) } };
    expect(parseSafetensors(formatSafetensors(clamped)).arrays["w"]!.data).toStrictEqual(Uint8Array.of(0, 255));
  });

  it("pads its header to eight bytes and no further, and names metadata only where there is some", () => {
    const bytes = formatSafetensors(arrays);
    const size = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + size));
    expect(size % 8).toBe(0);
    expect(size - header.trimEnd().length).toBeLessThan(8);
    expect(header).not.toContain("__metadata__");
  });

  it("writes and reads a file without arrays", () =>
    expect(parseSafetensors(formatSafetensors({}))).toEqual({ arrays: {}, metadata: {} }));

  it("refuses the reserved name and shapes that do not fit", () => {
    for (const [given, message] of [
      [{ __metadata__: arrays["zeta"]! }, "formatSafetensors: expected array names other than __metadata__"],
      [{ w: { shape: [2], data: new Float32Array(3) } }, "formatSafetensors: expected w with 2 elements"],
      [{ w: { shape: [1.5], data: new Float32Array(3) } }, "formatSafetensors: expected w with a shape of at most 64"],
      [{ w: { shape: [1], data: [1] as never } }, "formatSafetensors: expected data to be a typed array"],
    ] as [Record<string, NamedArray>, string][])
      expect(() => formatSafetensors(given)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) as string }),
      );
  });
});
