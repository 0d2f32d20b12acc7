import { NoiseStructureError } from "@sgdscope/noise-structure";
import { describe, expect, it } from "vitest";
import { criticalLearningRates, prepareMinimum, StabilityError, type Sampling } from "../src/index.js";
import { gramProblem, problem } from "./support/problems.js";

const fixture = problem([1, 0, 1, 0, 2, 0, 1, 1, 0], [1, -1, 2]).system;

describe("the table of critical learning rates", () => {
  it("has the values of the fixture at B = 1", () => {
    const values = Object.fromEntries(
      criticalLearningRates(fixture, { batchSize: 1 }).map((row) => [row.id, row.criticalLearningRate]),
    );
    const expected: [string, number, number][] = [
      ["exact", 0.572340172017, 11],
      ["gradient-descent", 1.127098316946, 11],
      ["alignment-worst-case", 1.159829371544, 11],
      ["trace", 2 / 3, 12],
      ["trace-simple", 0.75, 12],
      ["chi", 0.648221343874, 11],
      ["chi-jensen", 0.851211072664, 11],
      ["frobenius", 1.028991510855, 11],
      ["top-eigenvector", 0.687301119206, 11],
      ["rank-one", 0.5842, 3.7],
      ["wu-ma-e", 0.5, 9],
      ["structured-decoupled-with-gradient", 0.75, 11],
      ["structured-decoupled", 0.479873518726, 11],
      ["structured-gaussian-inputs", 0.34584232109, 11],
    ];
    for (const [name, value, digits] of expected) expect(values[name], name).toBeCloseTo(value, digits);
  });

  it.each<Sampling>(["with-replacement", "without-replacement", "bernoulli"])(
    "names each row once, with assumptions, source and evidence, %s",
    (sampling) => {
      const rows = criticalLearningRates(fixture, { batchSize: 2, sampling });
      expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
      expect(rows.filter(({ kind }) => kind === "exact").length).toBe(1);
      for (const { assumptions, source, evidence } of rows) {
        expect(assumptions).toMatch(/^[\p{Lu}Σ].*\.$/u);
        expect(source.length).toBeGreaterThan(5);
        expect(["sourced", "derived here", "recalled"]).toContain(evidence);
      }
    },
  );

  it("is the same from a system or a prepared minimum", () => {
    const rows = criticalLearningRates(prepareMinimum(fixture), { batchSize: 2 });
    expect(rows).toEqual(criticalLearningRates(fixture, { batchSize: 2 }));
  });

  it.each<[string, () => unknown, string]>([
    [
      "epoch shuffling",
      () => criticalLearningRates(fixture, { batchSize: 1, sampling: "epoch-shuffle" }),
      "EPOCH_SHUFFLE_HAS_NO_THEORY",
    ],
    ["a batch of more than n", () => criticalLearningRates(fixture, { batchSize: 4 }), "BATCH_TOO_LARGE"],
    ["a batch of half an example", () => criticalLearningRates(fixture, { batchSize: 0.5 }), "INVALID_ARGUMENT"],
    [
      "no curvature",
      () =>
        criticalLearningRates(
          gramProblem([
            [0, 0],
            [0, 0],
          ]),
          { batchSize: 1 },
        ),
      "NO_CURVATURE",
    ],
  ])("refuses %s", (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ name: StabilityError.name, code }) as Error);
  });

  it("refuses a matrix that is no Gram matrix", () => {
    const indefinite = gramProblem([
      [1, 2],
      [2, 1],
    ]);
    expect(() => criticalLearningRates(indefinite, { batchSize: 1 })).toThrow(
      expect.objectContaining({ name: NoiseStructureError.name, code: "NOT_POSITIVE_SEMIDEFINITE" }) as Error,
    );
  });
});
