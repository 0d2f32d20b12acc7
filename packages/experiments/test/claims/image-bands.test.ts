import type { MinimumMeasurement, MinimumRecord } from "@sgdscope/training";
import { describe, expect, it } from "vitest";
import { judgeBound } from "../../src/index.js";

/** Of a record, what the bands look at. */
function record(
  learningRate: number,
  batchSize: number,
  change: Partial<MinimumRecord> = {},
  ratio = 0.98,
): MinimumRecord {
  const minimum: Partial<MinimumMeasurement> = {
    alignmentFactor: 1.1,
    frobeniusRatio: 0.44,
    edgeRatio: ratio,
    samplingFactor: 1,
  };
  const start = { step: 0, loss: 0.5, traceG: 400, frobeniusG: 300, alignmentFactor: 1.2, noiseStrength: 400 };
  const end = { ...start, step: 900, loss: 1e-7, frobeniusG: 30, noiseStrength: 1e-5 };
  return {
    learningRate,
    batchSize,
    parameters: 1000,
    alignment: [start, end],
    gradientDescent: batchSize === 50,
    interpolates: true,
    minimum,
    ...change,
  } as MinimumRecord;
}

const records = [
  record(0.01, 1),
  record(0.02, 1, { interpolates: false, loss: 0.1 }, 3),
  record(0.02, 50),
  record(0.04, 1, { reason: "diverged", minimum: undefined, interpolates: false, alignment: [] }),
];

describe("judgeBound", () => {
  it("judges only runs that interpolate, and the bound only where there is noise", () => {
    const [edge, bound, alignment] = judgeBound(records);
    expect(edge).toMatchObject({ runs: 2, holds: true, range: [0.98, 0.98] });
    expect(bound).toMatchObject({ runs: 1, holds: true });
    expect(alignment).toMatchObject({ runs: 1, holds: true });
  });

  it("asks the same of the networks before training and of isotropic noise, of which it must be false", () => {
    const outcomes = judgeBound(records);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["evidence", "heuristic", "evidence"]);
    expect(outcomes.map(({ controls }) => controls.map(({ median, fails }) => [median, fails]))).toEqual([
      [[3, true]], // p·Tr(G)·η/2 is 2 and 4
      [[0.01 * 300 * Math.sqrt(1.2), true]],
      [[expect.closeTo((1e-5 * 400) / (1000 * 2e-7 * 900), 12), true]],
    ]);
    expect(outcomes[2]!.beside).toEqual([{ what: "before training", runs: 1, median: 1.2, range: [1.2, 1.2] }]);
    // Where the start was not measured, or obeys the bound, nothing is shown by the end.
    expect(judgeBound([record(0.01, 1, { alignment: [] })]).map(({ holds }) => holds)).toEqual([false, false, false]);
    expect(judgeBound([record(0.0001, 1)])[1]).toMatchObject({
      holds: false,
      why: "control passes too: before training",
    });
  });

  it("judges the edge on runs that were driven to it alone, and says how many were not", () => {
    const slow = record(0.01, 2, { startEdgeRatio: 0.4 }, 0.3);
    const [edge, bound, alignment] = judgeBound([...records, slow]);
    expect(edge).toMatchObject({ runs: 2, excluded: 3, holds: true });
    expect(alignment).toMatchObject({ runs: 1, excluded: 4 });
    expect(bound).toMatchObject({ runs: 2, excluded: 2 });
    expect(judgeBound([slow])[0]).toMatchObject({ holds: false, range: undefined });
    // A start that was not measured is no reason to be left out unseen.
    expect(judgeBound([record(0.01, 1, { alignment: [] }, 3)])[0]).toMatchObject({ runs: 1, holds: false });
  });

  it("fails a statement outside its band, and one without any run", () => {
    expect(judgeBound([record(0.01, 1, {}, 1.4)])[0]!.holds).toBe(false);
    expect(judgeBound([]).map(({ holds, runs }) => [holds, runs])).toEqual([
      [false, 0],
      [false, 0],
      [false, 0],
    ]);
  });
});
