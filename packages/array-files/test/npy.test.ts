import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatNpy, parseNpy, toFloat64, type NumericArray } from "../src/index.js";
import { fixture, range } from "./fixtures.js";

const load = (name: string) => parseNpy(fixture(`${name}.npy`));

describe("parseNpy on files of numpy", () => {
  const cases: [string, number[], NumericArray][] = [
    ["float32", [2, 3, 4], Float32Array.from(range(24), (i) => i / 8)],
    ["float32-fortran", [2, 3, 4], Float32Array.from(range(24), (i) => i / 8)],
    ["float64-big-endian", [2, 3, 4], Float64Array.from(range(24), (i) => i / 7)],
    ["int16-big-endian-fortran", [2, 3, 4], Int16Array.from(range(24))],
    ["float16", [10], Float32Array.of(0, -0, 1, -2.5, 65504, 2 ** -24, 168 * 2 ** -24, Infinity, -Infinity, NaN)],
    ["float16-big-endian", [2], Float32Array.of(0.5, -3)],
    ["bool", [2, 2], Uint8Array.of(1, 0, 0, 1)],
    ["int64", [4], BigInt64Array.of(0n, -1n, 2n ** 62n, -(2n ** 63n))],
    ["uint64-big-endian", [3], BigUint64Array.of(0n, 1n, 2n ** 64n - 1n)],
    ["int8", [2], Int8Array.of(-128, 127)],
    ["uint8", [2], Uint8Array.of(0, 255)],
    ["uint16", [2], Uint16Array.of(0, 65535)],
    ["int32", [2], Int32Array.of(-(2 ** 31), 2 ** 31 - 1)],
    ["uint32", [2], Uint32Array.of(0, 2 ** 32 - 1)],
    ["scalar", [], Float64Array.of(2.5)],
    ["empty", [0, 3], new Float64Array(0)],
    ["nonfinite", [3], Float64Array.of(NaN, Infinity, -Infinity)],
    ["version2", [3], Float64Array.of(1.5, 2.5, 3.5)],
    ["version3", [3], Float64Array.of(1.5, 2.5, 3.5)],
  ];
  it.each(cases)("reads %s", (name, shape, data) => expect(load(name)).toStrictEqual({ shape, data }));

  it.each(["complex64", "string", "record", "datetime", "object"])("refuses %s", (name) =>
    expect(() => load(name)).toThrow(expect.objectContaining({ code: "UNSUPPORTED_DTYPE" })),
  );

  it("names the dtype it refuses", () =>
    expect(() => load("complex64")).toThrow("parseNpy: expected a boolean, integer or float dtype, got <c8"));

  it("copies out of Node's Buffer at any alignment", () => {
    const bytes = fixture("float32.npy");
    const shifted = Buffer.concat([Buffer.of(0), bytes]).subarray(1);
    const { data } = parseNpy(shifted);
    expect(data).toStrictEqual(load("float32").data);
    expect(data.buffer).not.toBe(shifted.buffer);
  });
});

describe("parseNpy on damaged files", () => {
  const whole = fixture("float32.npy");
  const code = (bytes: Uint8Array): string => {
    try {
      parseNpy(bytes);
      return "accepted";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it("refuses every truncation", () => {
    for (let length = 1; length < whole.length; length++) expect(code(whole.subarray(0, length))).toBe("TRUNCATED");
    expect(code(new Uint8Array(0))).toBe("WRONG_FORMAT");
  });

  it("says how many bytes are missing", () =>
    expect(() => parseNpy(whole.subarray(0, -5))).toThrow(
      "expected 96 bytes of data for f4 of shape [2, 3, 4], got 91",
    ));

  it("refuses bytes after the array", () => expect(code(Uint8Array.of(...whole, 0))).toBe("CORRUPT"));

  it("refuses another format and shows its start", () =>
    expect(() => parseNpy(new TextEncoder().encode("PK\x03\x04 zip"))).toThrow(/got 50 4b 03 04/));

  it("refuses a header without a shape", () => {
    const text = new TextDecoder("latin1").decode(whole).replace("'shape'", "'shade'");
    expect(code(Buffer.from(text, "latin1"))).not.toBe("accepted");
  });

  it("refuses an unknown version", () =>
    expect(code(whole.map((byte, i) => (i === 6 ? 9 : byte)))).toBe("WRONG_FORMAT"));
});

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
const constructors = [
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Int8Array,
  Uint8Array,
] as const;

describe("formatNpy", () => {
  it("is undone by parseNpy for any shape and type", () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(...constructors), (shape, Type) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const array = { shape, data: new Type(range(size).map((i) => 3 * i + 1)) };
        expect(parseNpy(formatNpy(array))).toStrictEqual(array);
      }),
    );
  });

  it("keeps 64-bit integers, NaN and signed zero", () => {
    for (const data of [
      BigInt64Array.of(-(2n ** 63n), 1n),
      BigUint64Array.of(2n ** 64n - 1n, 0n),
      Float64Array.of(NaN, -0),
    ])
      expect(parseNpy(formatNpy({ shape: [2], data }))).toStrictEqual({ shape: [2], data });
  });

  it("writes the part of a buffer that the array views", () => {
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    expect(parseNpy(formatNpy({ shape: [2], data })).data).toStrictEqual(Float32Array.of(1, 2));
  });

  it("refuses a shape that does not hold the data", () => {
    const data = new Float32Array(5);
    expect(() => formatNpy({ shape: [2, 3], data })).toThrow(
      "expected array with 6 elements for its shape [2, 3], got 5",
    );
    expect(() => formatNpy({ shape: [-1, -5], data })).toThrow("non-negative integers, got [-1, -5]");
    const none = new Float32Array(0);
    for (const shape of [
      [1e300, 0],
      [2 ** 30, 2 ** 30, 0],
      [...Array<number>(65).fill(1), 0],
    ])
      expect(() => formatNpy({ shape, data: none })).toThrow("a shape of at most 64 non-negative integers");
    expect(() => formatNpy({ shape: [1], data: [1] as never })).toThrow("typed array of numbers, got [object Array]");
    for (const given of [
      { shape: [2], data },
      { shape: [-1], data },
      { shape: [1], data: [1] as never },
    ])
      expect(() => formatNpy(given)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("takes 64 axes", () => {
    const array = { shape: Array<number>(64).fill(1), data: Float64Array.of(3) };
    expect(parseNpy(formatNpy(array))).toStrictEqual(array);
  });
});

describe("toFloat64", () => {
  it("copies every kind of number to doubles", () => {
    expect(toFloat64({ shape: [2], data: BigInt64Array.of(-3n, 2n ** 53n) })).toStrictEqual(
      Float64Array.of(-3, 2 ** 53),
    );
    expect(toFloat64({ shape: [2], data: Float32Array.of(0.5, NaN) })).toStrictEqual(Float64Array.of(0.5, NaN));
    const data = Float64Array.of(1);
    expect(toFloat64({ shape: [], data })).not.toBe(data);
  });
});
