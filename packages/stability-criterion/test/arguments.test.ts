import type { GramSystem } from "@sgdscope/noise-structure";
import { describe, expect, it } from "vitest";
import * as bounds from "../src/bounds.js";
import * as escape from "../src/escape.js";
import * as root from "../src/index.js";
import * as invariance from "../src/invariance.js";
import * as optimizers from "../src/optimizers.js";
import * as simulation from "../src/simulation.js";
import * as stationary from "../src/stationary.js";
import { batched, entries, of, opaque, outcome, run, system } from "./support/entries.js";
import { gramProblem } from "./support/problems.js";

/** Copies of a value with one number made NaN, one for every number of a record and one for every array. */
function* withNaN(value: unknown, path: string[]): Generator<{ path: string[]; value: unknown }> {
  if (typeof value === "number") yield { path, value: NaN };
  else if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    const copy = (value as Float64Array).slice();
    copy[copy.length - 1] = NaN;
    yield { path, value: copy };
  } else if (typeof value === "object" && value !== null && !opaque(value))
    for (const [key, inner] of Object.entries(value))
      for (const change of withNaN(inner, [...path, key]))
        yield { path: change.path, value: { ...value, [key]: change.value } };
}

/** Functions that answer with a promise, by what they are given. */
const asynchronous: Record<string, { name: string; call: (value: number) => Promise<unknown> }> = {
  truncateMinimum: { name: "options.modes", call: (modes) => root.truncateMinimum(system, { modes }) },
  thresholdInterval: {
    name: "batchSize",
    call: async (batchSize) => root.thresholdInterval(await root.truncateMinimum(system, { modes: 3 }), { batchSize }),
  },
};

it.each(Object.entries(asynchronous))("%s refuses numbers that are none", async (caller, { name, call }) => {
  for (const value of [NaN, 0, -1, 1.5, Infinity]) {
    const found = await call(value).catch((error: unknown) => error);
    expect(
      outcome(() => {
        throw found;
      }),
    ).toMatch(new RegExp(`^INVALID_ARGUMENT ${caller}: expected ${name} to be an? .*integer.*, got ${value}\\.$`));
  }
  await expect(call(1)).resolves.toBeDefined();
});

it("knows every public function", () => {
  // Definitions and their lookup take no numbers.
  const others = ["StabilityError", "boundDefinition", "boundDefinitions"];
  const functions = Object.keys({
    ...root,
    ...bounds,
    ...escape,
    ...invariance,
    ...optimizers,
    ...simulation,
    ...stationary,
  }).filter((name) => !others.includes(name) && !Object.hasOwn(asynchronous, name));
  expect(Object.keys(entries).sort()).toEqual(functions.sort());
});

describe.each(Object.entries(entries))("%s", (_, one) => {
  it("works as called here", () => expect(outcome(() => run(one, one.arguments))).toBe("no error"));

  it("refuses NaN wherever there is a number, and names it", () => {
    let tried = 0;
    for (const { path, value } of withNaN(one.arguments, [])) {
      const name = path.at(-1)!.replace(/s$/, "");
      expect(
        outcome(() => run(one, value as Record<string, unknown>)),
        path.join("."),
      ).toMatch(new RegExp(`^[A-Z_]+ \\w+: expected .*${name}`));
      tried++;
    }
    expect(tried).toBeGreaterThan(Object.values(one.arguments).every(opaque) ? -1 : 0);
  });
});

describe.each(Object.entries(batched))("%s", (name, one) => {
  const withSystem = (change: Partial<GramSystem>): string =>
    outcome(() => run(one, { ...one.arguments, system: { ...system, ...change } }));
  const withBatches = (change: { batchSize?: number; sampling?: string; steps?: number }): string => {
    const key = Object.keys(one.arguments).at(-1)!;
    const options = one.arguments[key] as object;
    const { batchSize, ...others } = change;
    const several = "batchSizes" in options && batchSize !== undefined ? { batchSizes: [batchSize] } : {};
    const single = !("batchSizes" in options) && batchSize !== undefined ? { batchSize } : {};
    return outcome(() => run(one, { ...one.arguments, [key]: { ...options, ...several, ...single, ...others } }));
  };
  const simulates = name === "simulateResiduals" || name === "lyapunovExponent";
  const batchCaller = simulates ? "batchSource" : name;

  it("refuses epoch shuffling, or simulates it", () => {
    const found = withBatches({ sampling: "epoch-shuffle" });
    if (simulates) expect(found).toBe("no error");
    else
      expect(found).toMatch(
        new RegExp(`^EPOCH_SHUFFLE_HAS_NO_THEORY ${name}: expected sampling .*, got "epoch-shuffle"`),
      );
  });

  it.each(["with-replacement", "without-replacement"])("refuses batches of more than n and of half, %s", (sampling) => {
    expect(withBatches({ batchSize: 4, sampling })).toBe(
      `BATCH_TOO_LARGE ${batchCaller}: expected batchSize of at most the 3 examples, got 4.`,
    );
    for (const batchSize of [0, -1, 1.5, Infinity])
      expect(withBatches({ batchSize, sampling })).toMatch(
        new RegExp(`^INVALID_ARGUMENT ${batchCaller}: expected batchSize to be a positive integer, got ${batchSize}`),
      );
  });

  it("refuses Bernoulli batches of more than n or of nothing, and ways of sampling that are none", () => {
    if (name !== "thresholdComparison") {
      expect(withBatches({ batchSize: 3.5, sampling: "bernoulli" })).toMatch(/^BATCH_TOO_LARGE .* batchSize/);
      expect(withBatches({ batchSize: 0, sampling: "bernoulli" })).toMatch(/^INVALID_ARGUMENT .* batchSize/);
    }
    expect(withBatches({ sampling: "reservoir" })).toMatch(
      new RegExp(`^INVALID_ARGUMENT ${batchCaller}: expected sampling .*, got "reservoir"`),
    );
  });

  it("refuses a matrix that is no Gram matrix, by a pair of examples or by three", () => {
    const cases = [
      [1, 2, 0, 2, 1, 0, 0, 0, 1],
      [-1, 0, 0, 0, 1, 0, 0, 0, 1],
    ];
    for (const gram of cases)
      expect(withSystem({ gram: Float64Array.from(gram) })).toMatch(
        /^NOT_POSITIVE_SEMIDEFINITE \w+: expected gram = JJᵀ/,
      );
    // Every pair of examples is possible, the three are not: for that the matrix must be decomposed.
    const three = withSystem({ gram: of(1, -0.9, -0.9, -0.9, 1, -0.9, -0.9, -0.9, 1) });
    if (["oneStepLoss", "secondMomentStep", "simulateResiduals"].includes(name)) expect(three).toBe("no error");
    else expect(three).toMatch(/^NOT_POSITIVE_SEMIDEFINITE \w+: expected gram = JJᵀ/);
    expect(withSystem({ gram: of(1, 2, 0, 0, 1, 0, 0, 0, 1) })).toMatch(/^NOT_SYMMETRIC \w+: expected gram/);
    expect(withSystem({ gram: of(1, 0, 0, 1) })).toMatch(/^SHAPE_MISMATCH \w+: expected gram/);
    expect(withSystem({ residuals: of(1, 0) })).toMatch(/^SHAPE_MISMATCH \w+: expected residuals/);
  });

  it("refuses a learning rate and a number of steps that are none", () => {
    const argument = JSON.stringify(one.arguments);
    if (argument.includes("learningRate")) {
      const key = Object.keys(one.arguments).at(-1)!;
      for (const learningRate of [0, -1, Infinity])
        expect(
          outcome(() =>
            run(
              one,
              "learningRate" in one.arguments
                ? { ...one.arguments, learningRate }
                : { ...one.arguments, [key]: { ...(one.arguments[key] as object), learningRate } },
            ),
          ),
        ).toMatch(new RegExp(`^INVALID_ARGUMENT ${name}: expected (options\\.)?learningRate`));
    }
    if (argument.includes("steps"))
      for (const steps of [-1, 1.5])
        expect(withBatches({ steps })).toMatch(new RegExp(`^INVALID_ARGUMENT ${name}: expected options\\.steps`));
  });
});

it("a Gram matrix of zeros has no curvature", () => {
  const zero = gramProblem([
    [0, 0],
    [0, 0],
  ]);
  for (const act of [() => root.prepareMinimum(zero), () => root.criticalLearningRates(zero, { batchSize: 1 })])
    expect(outcome(act)).toMatch(/^NO_CURVATURE prepareMinimum: expected gram/);
});
