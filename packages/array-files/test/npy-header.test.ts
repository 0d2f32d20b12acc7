import { describe, expect, it } from "vitest";
import { parseNpy } from "../src/index.js";
import { range } from "./fixtures.js";

/** A file of this header, version and data. */
function npy(header: string, data: ArrayLike<number> = [], { version = 1, length = header.length } = {}): Uint8Array {
  const prefix = version === 1 ? [length & 255, length >> 8] : [length & 255, length >> 8, length >> 16, length >>> 24];
  return Uint8Array.of(
    0x93,
    ...Buffer.from("NUMPY"),
    version,
    0,
    ...prefix,
    ...Buffer.from(header),
    ...Array.from(data),
  );
}
const header = (shape: string, descr = "'|u1'"): string =>
  `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;

describe("parseNpy takes headers that Python reads", () => {
  it.each([
    ["of other order and quotes", `{"shape": (2,), 'fortran_order': False,\n "descr": "|u1"}  \n`],
    ["without blanks", "{'descr':'|u1','fortran_order':False,'shape':(2,)}"],
    ["of Python 2", header("(2L,)")],
    ["padded to 60,000 bytes", header("(2,)").padEnd(60_000)],
  ])("%s", (_, text) => expect(parseNpy(npy(text, [5, 6]))).toStrictEqual({ shape: [2], data: Uint8Array.of(5, 6) }));

  it("with 64 axes, and with an axis of no elements beside large ones", () => {
    expect(parseNpy(npy(header(`(${"1, ".repeat(64)})`), [7])).shape.length).toBe(64);
    expect(parseNpy(npy(header("(1000000, 0, 1000000)"))).data.length).toBe(0);
  });
});

describe("parseNpy refuses headers", () => {
  const valid = header("(2,)");
  it.each([
    ["with a key twice", valid.replace("}", "'descr': '<f8', }"), "CORRUPT", "got descr twice"],
    ["with another key", valid.replace("}", "'order': 'C', }"), "CORRUPT", "descr, fortran_order and shape"],
    ["with a key missing", "{'descr': '|u1', 'shape': (2,), }", "CORRUPT", "descr, fortran_order and shape"],
    ["with text before", `x = ${valid}`, "CORRUPT", "descr, fortran_order and shape"],
    ["with text after", `${valid} # and more`, "CORRUPT", "descr, fortran_order and shape"],
    ["that do not end", valid.slice(0, -1), "CORRUPT", "descr, fortran_order and shape"],
    ["without commas", valid.replaceAll(",", " "), "CORRUPT", "descr, fortran_order and shape"],
    ["with an order of their own", valid.replace("False", "0"), "CORRUPT", "descr, fortran_order and shape"],
    ["with a shape that is no tuple", header("(2)"), "CORRUPT", "a tuple of integers, got (2)"],
    ["with negative extents", header("(-2,)"), "CORRUPT", "a tuple of integers, got (-2,)"],
    ["with extents left out", header("(2,,3)"), "CORRUPT", "a tuple of integers, got (2,,3)"],
    ["with records", header("(2,)", "[('a', '|u1')]"), "UNSUPPORTED_DTYPE", "got records"],
    ["with subarrays", header("(2,)", "('|u1', (3,))"), "UNSUPPORTED_DTYPE", "got records"],
    ["with 65 axes", header(`(${"1, ".repeat(65)})`), "TOO_LARGE", "at most 64 axes, got 65"],
    ["with 2^60 elements", header("(1073741824, 1073741824)"), "TOO_LARGE", "at most 2^53 - 1 bytes"],
    ["with 2^60 elements beside a zero", header("(1073741824, 1073741824, 0)"), "TOO_LARGE", "at most 2^53 - 1 bytes"],
  ])("%s", (_, text, code, message) => {
    expect(() => parseNpy(npy(text, [5, 6]))).toThrow(expect.objectContaining({ code }));
    expect(() => parseNpy(npy(text, [5, 6]))).toThrow(message);
  });

  it("beyond 65,535 bytes, whatever the file holds", () => {
    const bytes = npy(valid, range(10), { version: 2, length: 65_536 });
    expect(() => parseNpy(bytes)).toThrow("expected a header of at most 65535 bytes, got 65536");
    expect(() => parseNpy(npy(valid, [], { version: 3, length: 2 ** 32 - 1 }))).toThrow("got 4294967295");
  });
});
