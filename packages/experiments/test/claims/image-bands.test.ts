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
  const minimum: Partial<MinimumMeasurement> = { alignmentFactor: 1.1, frobeniusRatio: 0.44, edgeRatio: ratio };
  return {
    learningRate,
    batchSize,
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

  it("fails a statement outside its band, and one without any run", () => {
    expect(judgeBound([record(0.01, 1, {}, 1.4)])[0]!.holds).toBe(false);
    expect(judgeBound([]).map(({ holds, runs }) => [holds, runs])).toEqual([
      [false, 0],
      [false, 0],
      [false, 0],
    ]);
  });
});
