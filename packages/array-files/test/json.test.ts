import { describe, expect, it } from "vitest";
import { parseJsonArrays } from "../src/json.js";

const read = (text: string) => parseJsonArrays(new TextEncoder().encode(text), "x");

describe("parseJsonArrays", () => {
  it("reads an array, a number, and an object of arrays, their names as they are", () => {
    expect(read(" [[1, -0.5], [3e2, 4]]\n")).toStrictEqual({
      x: { shape: [2, 2], data: Float64Array.of(1, -0.5, 300, 4) },
    });
    const named = read('{"a": 1, "__proto__": [2], "b\\u0063": []}');
    expect(Object.keys(named)).toEqual(["a", "__proto__", "bc"]);
    expect(Object.getPrototypeOf(named)).toBe(Object.prototype);
  });

  it("reads 64 axes", () => expect(read("[".repeat(64) + "7" + "]".repeat(64))["x"]!.shape).toHaveLength(64));

  it.each([
    [
      "a number beyond the doubles",
      "[[1, 2], [3, -1e400]]",
      "CORRUPT",
      "a finite number at value[1][1], got -Infinity",
    ],
    ["a key twice", '{"a": [1], "b": 2, "a": [1]}', "CORRUPT", 'expected each key once, got "a" twice'],
    ["a key twice in two spellings", '{"a": [1], "\\u0061": [1]}', "CORRUPT", 'got "a" twice'],
    ["a key twice, deeper", '{"a": {"k": 1, "k": 1}}', "CORRUPT", 'got "k" twice'],
    ["objects within", '{"a": {"k": 1}}', "CORRUPT", 'expected a number at value["a"], got an object'],
    ["other lengths", '{"a": [[1], [2, 3]]}', "CORRUPT", '1 item at value["a"][1] as in its neighbours, got 2'],
    ["65 axes", `${"[".repeat(65)}7${"]".repeat(65)}`, "TOO_LARGE", "at most 64 axes"],
    ["100,000 brackets", "[".repeat(100_000), "TOO_LARGE", "JSON of depth 65 or less"],
    ["comments", "[1, /* two */ 2]", "WRONG_FORMAT", "this is not JSON"],
    ["a comma at the end", "[1, 2,]", "WRONG_FORMAT", "this is not JSON"],
    ["NaN as Python writes it", "[NaN]", "WRONG_FORMAT", "this is not JSON"],
    ["nothing", "", "WRONG_FORMAT", "this is not JSON"],
  ])("refuses %s", (_, text, code, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code }));
    expect(() => read(text)).toThrow(message);
  });

  it("refuses bytes that are not UTF-8", () =>
    expect(() => parseJsonArrays(Uint8Array.of(0x22, 0xff, 0x22), "x")).toThrow("bytes that are not UTF-8"));

  it("refuses more than 256 MiB before it reads them", () =>
    expect(() => parseJsonArrays(new Uint8Array(2 ** 28 + 1), "x")).toThrow(
      "readArrays: expected JSON of at most 268435456 bytes, got 268435457",
    ));
});
