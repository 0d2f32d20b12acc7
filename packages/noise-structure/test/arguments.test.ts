import { describe, expect, it } from "vitest";
import * as gaussianDesign from "../src/gaussian-design.js";
import * as root from "../src/index.js";
import * as losses from "../src/losses.js";
import * as noiseScales from "../src/noise-scale.js";
import * as tail from "../src/tail.js";
import { batched, entries, of, outcome, run, structure, system, systems } from "./entries.js";

/** Copies of a value with one number made NaN, one for every number of a record and one for every array. */
function* withNaN(value: unknown, path: string[]): Generator<{ path: string[]; value: unknown }> {
  if (typeof value === "number") yield { path, value: NaN };
  else if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    const copy = (value as Float64Array).slice();
    copy[copy.length - 1] = NaN;
    yield { path, value: copy };
  } else if (typeof value === "object" && value !== null && value !== structure)
    for (const [key, inner] of Object.entries(value))
      for (const change of withNaN(inner, [...path, key]))
        yield { path: change.path, value: { ...value, [key]: change.value } };
}

it("knows every public function", () => {
  const functions = Object.keys({ ...root, ...gaussianDesign, ...losses, ...noiseScales, ...tail }).filter(
    (name) => !["NoiseStructureError", "SMALLEST_LOSS", "lossIds"].includes(name),
  );
  expect(Object.keys(entries).sort()).toEqual(functions.sort());
});

describe.each(Object.entries(entries))("%s", (_, one) => {
  it("works as called here", () => expect(outcome(() => run(one, one.arguments))).toBe("no error"));

  it("refuses NaN wherever there is a number, and names it", () => {
    for (const { path, value } of withNaN(one.arguments, [])) {
      const name = path.at(-1)!.replace(/s$/, "");
      expect(
        outcome(() => run(one, value as Record<string, unknown>)),
        path.join("."),
      ).toMatch(new RegExp(`^[A-Z_]+ \\w+: expected .*${name}`));
    }
  });
});

describe.each(Object.entries(systems))("%s", (name, one) => {
  const withSystem = (change: Partial<root.GramSystem>): string =>
    outcome(() => run(one, { ...one.arguments, system: { ...system, ...change } }));

  it("refuses what is no Gram system, and names gram or residuals", () => {
    const refusal = (code: string, part: string) => new RegExp(`^${code} ${name}: expected .*${part}`);
    const gram = [...system.gram];
    expect(withSystem({ gram: of(...gram.with(0, -1)) })).toMatch(
      name === "alignmentRange" || name === "directionalAlignment"
        ? /^NOT_POSITIVE_SEMIDEFINITE gramSpectrum: expected gram/
        : refusal("NOT_POSITIVE_SEMIDEFINITE", "gram"),
    );
    for (const [change, code, part] of [
      [{ gram: of(...gram.with(1, 3).with(3, 3)) }, "NOT_POSITIVE_SEMIDEFINITE", "gram"],
      [{ gram: of(...gram.with(1, 1)) }, "NOT_SYMMETRIC", "gram"],
      [{ gram: of(...gram.slice(1)) }, "SHAPE_MISMATCH", "gram"],
      [{ residuals: of(1) }, "SHAPE_MISMATCH", "residuals"],
      [{ examples: 0 }, "INVALID_ARGUMENT", "examples"],
      [{ outputs: 1.5 }, "INVALID_ARGUMENT", "outputs"],
    ] as const)
      expect(withSystem(change)).toMatch(new RegExp(`^${code} \\w+: expected .*${part}`));
  });
});

describe.each(Object.entries(batched))("%s", (name, one) => {
  const withBatches = (change: object): string =>
    outcome(() =>
      run(one, { ...one.arguments, batches: { ...(one.arguments["batches"] as { batchSize: number }), ...change } }),
    );

  it("refuses batches that are none, and names batchSize, examples or sampling", () => {
    for (const [change, said] of [
      [{ sampling: "epoch-shuffle" }, 'sampling "epoch-shuffle" is not covered'],
      [{ sampling: "reservoir" }, "sampling"],
      [{ batchSize: 4 }, "batchSize of at most the 3 examples, got 4"],
      [{ batchSize: 4, sampling: "bernoulli" }, "batchSize of at most the 3 examples, got 4"],
      [{ batchSize: 0 }, "batchSize"],
      [{ batchSize: 1.5 }, "batchSize"],
      [{ batchSize: 0, sampling: "bernoulli" }, "a positive batchSize"],
      [{ examples: Infinity }, "examples"],
    ] as const)
      expect(withBatches(change)).toMatch(new RegExp(`^INVALID_ARGUMENT ${name}: (expected )?${said}`));
  });
});
