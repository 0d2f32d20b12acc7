import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { formatNpz, parseNpz, type NamedArray } from "../src/index.js";
import { fixture, range } from "./fixtures.js";

const expected: Record<string, NamedArray> = {
  weights: { shape: [2, 3, 4], data: Float32Array.from(range(24), (i) => i / 8) },
  bias: { shape: [2], data: Float64Array.of(1, -1) },
  steps: { shape: [], data: BigInt64Array.of(7n) },
  zeros: { shape: [10, 10], data: new Float64Array(100) },
};

describe("parseNpz", () => {
  it.each(["stored.npz", "deflated.npz"])("reads %s of numpy in the order of the file", (name) => {
    const arrays = parseNpz(fixture(name));
    expect(arrays).toStrictEqual(expected);
    expect(Object.keys(arrays)).toEqual(Object.keys(expected));
  });

  it.each(["stored.npz", "deflated.npz"])("refuses every truncation of %s", (name) => {
    const bytes = fixture(name);
    for (let length = 0; length < bytes.length; length++)
      expect(() => parseNpz(bytes.subarray(0, length))).toThrow("parseNpz");
  });

  it.each(["stored.npz", "deflated.npz"])("notices any flipped byte of the data in %s", (name) => {
    const bytes = fixture(name);
    const start = 30 + bytes[26]! + bytes[28]!;
    const end = bytes.findIndex(
      (_, i) => i > start && bytes[i] === 0x50 && bytes[i + 1] === 0x4b && bytes[i + 2] === 3,
    );
    expect(end - start).toBeGreaterThan(60);
    for (let i = start; i < end; i++)
      expect(() => parseNpz(bytes.map((byte, j) => (i === j ? byte ^ 4 : byte)))).toThrow(
        expect.objectContaining({ code: "CORRUPT" }),
      );
  });

  it("names the array that it cannot read", () =>
    expect(() => parseNpz(zipSync({ "a/b.npy": fixture("complex64.npy") }))).toThrow(
      "parseNpz, array a/b: expected a boolean",
    ));

  it("refuses what is no archive", () => {
    const refused = {
      code: "WRONG_FORMAT",
      message: expect.stringContaining("parseNpz: expected a zip archive") as string,
    };
    for (const start of [
      [0x93, 0x4e],
      [0x50, 0x00],
      [0x00, 0x4b],
    ])
      expect(() => parseNpz(Uint8Array.from([...start, ...fixture("stored.npz").subarray(2)]))).toThrow(
        expect.objectContaining(refused),
      );
    expect(() => parseNpz(fixture("float32.npy"))).toThrow("got 93 4e 55 4d 50 59");
  });

  it("takes off .npy at the end of a name only", () => {
    const content = fixture("scalar.npy");
    expect(Object.keys(parseNpz(zipSync({ "a.npy.npy": content, "b.npyx": content })))).toEqual(["a.npy", "b.npyx"]);
  });

  it("refuses an archive of other files", () =>
    expect(() => parseNpz(zipSync({ "readme.txt": new TextEncoder().encode("hello") }))).toThrow("\\x93NUMPY"));
});

describe("formatNpz", () => {
  it.each([true, false])("is undone by parseNpz (compress: %s)", (compress) =>
    expect(parseNpz(formatNpz(expected, { compress }))).toStrictEqual(expected),
  );

  it("compresses when asked", () =>
    expect(formatNpz(expected, { compress: true }).length).toBeLessThan(formatNpz(expected).length));

  it("gives the same bytes for the same arrays", () => expect(formatNpz(expected)).toStrictEqual(formatNpz(expected)));

  it("refuses arrays that pass 4 GiB together, headers included, before it writes any", () => {
    const claiming = (byteLength: number): NamedArray => {
      const data = new Uint8Array(1);
      Object.defineProperty(data, "byteLength", { value: byteLength });
      return { shape: [2], data };
    };
    const half = 2 ** 31 - 512;
    expect(() => formatNpz({ a: claiming(half), b: claiming(half) })).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("below 4 GiB in all, got 4294967296 bytes") as string,
      }),
    );
    // One byte less gets as far as the shape, which does not fit.
    expect(() => formatNpz({ a: claiming(half), b: claiming(half - 1) })).toThrow("with 2 elements for its shape");
  });

  it("refuses an empty record", () =>
    expect(() => formatNpz({})).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("at least one array") as string,
      }),
    ));
});
