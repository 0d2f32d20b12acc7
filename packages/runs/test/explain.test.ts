import { describe, expect, it } from "vitest";
import { z } from "zod";
import { explainIssues, faultText } from "../src/index.js";

/** What is said of a value that the schema refuses. */
function faults(schema: z.ZodType, value: unknown): string[] {
  const { error } = schema.safeParse(value, { reportInput: true });
  return explainIssues(schema, error!.issues).map(faultText);
}

const rate = z.number("expected a number").positive("expected a positive number");
const optimizer = z.strictObject({ learningRate: rate, momentum: rate.optional() }, "expected an object");

describe("what a schema refuses", () => {
  it("is said with its place and what came", () => {
    const schema = z.object({ data: z.object({ count: rate }), list: z.array(z.string("expected a text")) });
    expect(faults(schema, { data: { count: "many" }, list: ["a", 2] })).toEqual([
      'data.count: expected a number, got "many"',
      "list.1: expected a text, got 2",
    ]);
    expect(faults(schema, { data: {}, list: [] })).toEqual(["data.count: expected a number, got nothing"]);
    expect(faults(rate, -1)).toEqual(["expected a positive number, got -1"]);
  });

  it("is shown as it was written, at most 60 characters of it, infinities included", () => {
    expect(faults(z.string("expected a text"), Infinity)).toEqual(["expected a text, got Infinity"]);
    expect(faults(z.string("expected a text"), null)).toEqual(["expected a text, got null"]);
    expect(faults(rate, "x".repeat(100))).toEqual([`expected a number, got "${"x".repeat(59)}`]);
  });

  it("is not shown twice, nor where the message says something else", () => {
    const already = z.number().refine(() => false, "expected an odd number, got one that is even");
    expect(faults(already, 2)).toEqual(["expected an odd number, got one that is even"]);
    expect(faults(z.number("one is expected here"), "x")).toEqual(["one is expected here"]);
  });

  it("comes, for an unknown key, with the nearest right one or with all", () => {
    expect(faults(optimizer, { learningRate: 1, momentun: 1 })).toEqual([
      'unknown key "momentun"; did you mean momentum?',
    ]);
    expect(faults(z.object({ optimizer }), { optimizer: { learningRate: 1, colour: 1, lerningRate: 1 } })).toEqual([
      'optimizer: unknown key "colour"; expected one of learningRate, momentum',
      'optimizer: unknown key "lerningRate"; did you mean learningRate?',
    ]);
  });

  it("knows the keys inside of lists, of records and of each alternative", () => {
    const wide = z.strictObject({ width: rate });
    const schema = z.object({
      list: z.array(wide),
      byName: z.record(z.string(), wide),
      either: z.union([wide, z.strictObject({ height: rate })]).optional(),
    });
    expect(faults(schema, { list: [{ width: 1 }, { width: 1, colour: 0 }], byName: {} })).toEqual([
      'list.1: unknown key "colour"; expected one of width',
    ]);
    expect(faults(schema, { list: [], byName: { a: { width: 1, colour: 0 } } })).toEqual([
      'byName.a: unknown key "colour"; expected one of width',
    ]);
    expect(faults(schema, { list: [], byName: {}, either: { height: 1, colour: 0 } })).toEqual([
      'either: unknown key "colour"; expected one of width, height',
    ]);
  });

  it("of alternatives is what the one that fits best says", () => {
    const schema = z.union([
      z.strictObject({ kind: z.literal("a"), size: rate }),
      z.strictObject({ kind: z.literal("b"), data: z.strictObject({ count: rate }) }),
    ]);
    expect(faults(schema, { kind: "b", data: { count: "x" } })).toEqual(['data.count: expected a number, got "x"']);
    expect(faults(schema, { kind: "a", size: -1 })).toEqual(["size: expected a positive number, got -1"]);
    // A wrong key or a broken rule at the top says more than a wrong type there.
    const either = z.union([z.strictObject({ size: rate }), z.string("expected a text")], "expected a size");
    expect(faults(either, { size: 1, colour: 2 })).toEqual(['unknown key "colour"; expected one of size']);
    const ruled = z.union([z.string("expected a text"), rate.refine((x) => x > 5, "is too small")], "expected a size");
    expect(faults(ruled, 3)).toEqual(["is too small"]);
    expect(faults(either, 3)).toEqual(["expected a size, got 3"]);
    // Of two that fit as well, the one with fewer faults.
    const many = z.union([z.object({ a: rate, b: rate, c: rate }), z.object({ a: z.string("expected a text") })]);
    expect(faults(many, { a: true, b: true, c: true })).toEqual(["a: expected a text, got true"]);
    const plain = z.union([z.string(), z.number()], "expected a text or a number");
    expect(faults(z.object({ id: plain }), { id: true })).toEqual(["id: expected a text or a number, got true"]);
  });
});
