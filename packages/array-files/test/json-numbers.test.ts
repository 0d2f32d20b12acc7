import * as fc from "fast-check";
import { expect, it } from "vitest";
import { formatJson, parseJson } from "../src/index.js";

it("writes what is not finite as text, and reads it back", () => {
  expect(formatJson({ a: Infinity, b: [-Infinity, NaN], c: 1.5 })).toBe(
    '{"a":"Infinity","b":["-Infinity","NaN"],"c":1.5}',
  );
  expect(parseJson('{"a":"Infinity","b":["-Infinity","NaN"],"c":1.5}')).toEqual({
    a: Infinity,
    b: [-Infinity, NaN],
    c: 1.5,
  });
});

it("writes typed arrays as lists and leaves undefined out", () =>
  expect(formatJson({ x: Float64Array.of(1, Infinity), y: undefined, z: null }, 1)).toBe(
    '{\n "x": [\n  1,\n  "Infinity"\n ],\n "z": null\n}',
  ));

it("keeps texts that look like numbers", () => {
  for (const text of ["NaN", "Infinity", "-Infinity", "\\NaN", "\\\\-Infinity", "nan"])
    expect(parseJson(formatJson({ text }))).toEqual({ text });
});

it("is lossless for any JSON value with any numbers but −0", () => {
  const leaf = fc.oneof(
    fc.double().map((value) => (value === 0 ? 0 : value)),
    fc.string(),
    fc.stringMatching(/^\\{0,3}(-?Infinity|NaN)$/),
    fc.boolean(),
    fc.constant(null),
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie("node")),
      fc.dictionary(fc.string(), tie("node"), { noNullPrototype: true }),
    ),
  })).node;
  fc.assert(
    fc.property(value, (each) => {
      expect(parseJson(formatJson(each))).toEqual(each);
    }),
  );
});
