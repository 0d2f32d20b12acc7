import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gridPoints, parseGrid, SweepError } from "../src/index.js";

const nested = (depth: number): string => `base: {a: ${"[".repeat(depth)}1${"]".repeat(depth)}}`;
const laughs = (levels: number): string =>
  ["base:", "  v0: &v0 [x, x, x, x, x, x, x, x, x]"]
    .concat(Array.from({ length: levels }, (_, k) => `  v${k + 1}: &v${k + 1} [${Array(9).fill(`*v${k}`).join(", ")}]`))
    .join("\n");
const axis = (range: string): string => `axes: { learningRate: ${range} }`;

/** Grids that would fill the memory, or the stack, if they were written out before they are looked at. */
const grids: Record<string, [grid: string, message: RegExp]> = {
  "seeds-2e8": ["seeds: 200000000", /at most 100000 points, got 200000000 of seed/],
  "seeds-3e9": ["seeds: 3000000000", /got 3000000000 of seed/],
  "seeds-2e53": ["seeds: 9007199254740991", /got 9007199254740991 of seed/],
  "count-1e9": [axis("{from: 1, to: 2, count: 1000000000}"), /got 1000000000 of learningRate/],
  "step-1e-300": [axis("{from: 0, to: 1, step: 1.0e-300}"), /got \d\S*e\+(299|300) of learningRate/],
  "factor-1+eps": [axis("{from: 1, to: 1000000, factor: 1.0000000000000002}"), /got 6221\d{13} of learningRate/],
  "to-inf": [axis("{from: 1, to: .inf, factor: 2}"), /axes\.learningRate\.to: expected a number, got Infinity/],
  "product-1e16": [
    `axes: { ${Array.from("abcdefgh", (name) => `${name}: {from: 1, to: 100, count: 100}`).join(", ")} }`,
    /got 100 of a × 100 of b × .* × 100 of h$/,
  ],
  "billion-laughs": [laughs(9), /Excessive alias count/],
  "depth-5000": [nested(5000), /nested at most 32 deep/],
  "depth-20000": [nested(20_000), /nested at most 32 deep/],
  "axis-20000-dots": [`axes: {"${"a.".repeat(20_000)}a": [1]}`, /nested at most 32 deep|at most 1024 chars/],
};

const refused = (text: string): SweepError => {
  try {
    gridPoints(parseGrid(text));
  } catch (error) {
    expect(error).toBeInstanceOf(SweepError);
    return error as SweepError;
  }
  throw new Error("it was accepted");
};

describe("a grid is counted before it is written out", () => {
  it.each(Object.entries(grids))("%s is refused at once", (_, [text, message]) => {
    const before = process.memoryUsage().heapUsed;
    const error = refused(text);
    expect(error.code).toBe("INVALID_GRID");
    expect(error.message).toMatch(message);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50e6);
  });

  it("keeps to the limit: 100,000 points are planned, one more is not", () => {
    expect(gridPoints({ seeds: 100_000 })).toHaveLength(100_000);
    expect(refused("seeds: 100001").message).toContain("at most 100000 points, got 100001 of seed");
    expect(gridPoints(parseGrid(nested(30)))).toHaveLength(1);
  });

  it("counts what it then writes out", () => {
    for (const range of [
      { from: 0.1, to: 0.5, step: 0.1 },
      { from: 0, to: 1, step: 0.3 },
      { from: 1e-4, to: 1, factor: 10 },
      { from: 1, to: 1000, factor: 1.1 },
      { from: 2, to: 2, factor: 1.5 },
      { from: 2, to: 2, step: 1e-300 },
      { from: 1, to: 2, count: 7 },
    ]) {
      const values = gridPoints({ axes: { x: range } }).map(({ x }) => x as number);
      expect(values[0]).toBe(range.from);
      expect(values.at(-1)).toBeLessThanOrEqual(range.to);
      // One more would pass the end.
      const [last, before] = [values.at(-1)!, values.at(-2)];
      const next = "factor" in range ? last * range.factor : "step" in range ? last + range.step : 2 * last - before!;
      expect(next > range.to || range.from === range.to).toBe(true);
      expect(new Set(values).size).toBe(values.length);
    }
  });

  it("keys of prototypes are settings like any other, and pollute nothing", () => {
    const text =
      'base: {"__proto__": {"polluted": 1}}\naxes:\n  "__proto__.polluted": [1, 2]\n  "constructor.prototype.polluted": [3]\n';
    const points = gridPoints(parseGrid(text));
    expect(points).toHaveLength(2);
    for (const point of points) expect(Object.getPrototypeOf(point)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect((Object as unknown as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

const folder = process.env["SGDSCOPE_HOSTILE_DIR"];
if (!folder) console.warn("SGDSCOPE_HOSTILE_DIR is not set: skipping the grids that are kept there");

describe.skipIf(!folder)("hostile grids of the shared folder", () => {
  const names = folder ? readdirSync(folder).filter((name) => name.startsWith("grid-")) : [];
  it("are all known here", () =>
    expect(names.map((name) => name.slice(5, -5)).filter((name) => name !== "proto" && !(name in grids))).toEqual([]));
  it.each(names)("%s is refused, or harmless", (name) => {
    const text = readFileSync(join(folder!, name), "utf8");
    if (name === "grid-proto.yaml") expect(gridPoints(parseGrid(text))).toHaveLength(2);
    else expect(refused(text).message).toMatch(grids[name.slice(5, -5)]![1]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
