import { expect, it } from "vitest";
import {
  boundDefinition,
  boundDefinitions,
  criticalLearningRates,
  prepareMinimum,
  samplingWeights,
} from "../../src/index.js";
import { rankOneBound } from "../../src/bounds.js";
import { problem } from "../support/problems.js";

const { system } = problem([1, 0, 1, 0, 2, 0, 1, 1, 0], [1, -1, 2]);

it("lists every criterion once, by an id of lower case and hyphens", () => {
  const ids = boundDefinitions.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  expect(boundDefinitions[0]!.id).toBe("exact");
});

it("knows every row of the table of critical learning rates, in its order", () => {
  const order = boundDefinitions.map(({ id }) => id);
  for (const sampling of ["with-replacement", "without-replacement", "bernoulli"] as const) {
    const rows = criticalLearningRates(system, { batchSize: 2, sampling });
    expect(rows.map(({ id }) => order.indexOf(id))).toEqual(
      rows.map(({ id }) => order.indexOf(id)).sort((a, b) => a - b),
    );
    for (const { id, label, kind, assumptions, source } of rows)
      expect(boundDefinition(id)).toMatchObject({ id, label, kind, assumptions, source });
  }
});

it("has a definition and a formula under one name", () => {
  expect([rankOneBound.id, rankOneBound.label, rankOneBound.kind]).toEqual(["rank-one", "rank one", "necessary"]);
  const minimum = prepareMinimum(system);
  const { criticalLearningRate } = rankOneBound(minimum, samplingWeights(3, { batchSize: 1 }));
  expect(criticalLearningRate).toBeCloseTo(0.5842, 4);
});

it("has nothing under a label or an unknown id", () => {
  expect(boundDefinition("rank one")).toBeUndefined();
  expect(boundDefinition("")).toBeUndefined();
});
