import { describe, expect, it } from "vitest";
import type { Finished } from "../../src/index.js";
import { threeFactors } from "../../src/claims/three-factors.js";
import { reluTask } from "../../src/claims/settings.js";
import type { EndPointRecord, EndPointsRecord, SegmentRecord } from "../../src/study/end-points.js";

type Setting = { learningRate: number; batchSize: number };

// η/B of 0.01, twice and eight times the batch, twice the ratio, and two ratios far below.
const settings: [Setting, Setting, Setting, Setting, Setting, Setting] = [
  { learningRate: 0.01, batchSize: 1 },
  { learningRate: 0.02, batchSize: 2 },
  { learningRate: 0.08, batchSize: 8 },
  { learningRate: 0.02, batchSize: 1 },
  { learningRate: 0.001, batchSize: 1 },
  { learningRate: 0.002, batchSize: 1 },
];

const end = (setting: Setting, traceG: number, more: Partial<EndPointRecord> = {}): EndPointRecord => ({
  ...{ part: "end", model: "m", data: "d", examples: 20, seed: 1, startEdgeRatio: 2, reason: "interpolated" },
  ...{ steps: 9, loss: 1e-9, interpolates: true, frobeniusG: traceG, edgeRatio: 1, traceG, largestEigenvalue: traceG },
  ...setting,
  thresholds: [
    { batchSize: 1, criticalLearningRate: 0.01 },
    { batchSize: 2, criticalLearningRate: 0.02 },
    { batchSize: 8, criticalLearningRate: 0.04 },
  ],
  ...more,
});
const segment = (from: Setting, to: Setting, curvatureTo: number): SegmentRecord => ({
  ...{ part: "segment", model: "m", seed: 1, from, to, distance: 1, curvatureFrom: 2, curvatureTo },
  losses: [{ position: 0, loss: 1 }],
});

const good = (): EndPointsRecord[] => [
  end(settings[0], 100),
  end(settings[1], 95),
  end(settings[2], 50),
  end(settings[3], 50),
  end(settings[4], 200),
  end(settings[5], 199),
  segment(settings[0], settings[1], 1.9),
  segment(settings[0], settings[3], 1),
  segment(settings[4], settings[5], 2),
];
const judged = (records: EndPointsRecord[]): ReturnType<typeof threeFactors.judge> =>
  threeFactors.judge([
    {
      role: "images",
      task: {
        start: reluTask({ count: 4, width: 2, learningRate: 1, batchSize: 1, seed: 1 }),
        ...{ settings, batchSizes: [1, 2, 8], segments: [] },
      },
      records,
    } satisfies Finished<"endPoints">,
  ]);
const holds = (records: EndPointsRecord[]): boolean[] => judged(records).map((one) => one.holds);

describe("the three factors", () => {
  it("hold where equal ratios are equally sharp, and the exact edge says where no longer", () => {
    const all = judged(good());
    expect(all.map((one) => [one.holds, one.why])).toEqual(new Array(4).fill([true, undefined]));
    expect(all.map(({ range }) => range)).toEqual([
      [0.95, 0.95],
      [0.95, 1], // λ falls to 0.95 and 0.5, η is 1 and 2 times the η* of the first end
      [0.995, 0.995],
      [2, 2],
    ]);
    expect(all.flatMap(({ controls }) => controls.map(({ median, fails }) => [median, fails]))).toEqual([
      [0.5, true],
      [0.5, true],
      [0.5, true],
      [0.5, true],
      [1, true],
    ]);
  });

  it("fail where the largest batch is as sharp, where the ratio decides nothing beyond the edge, and where it does within", () => {
    expect(holds(good().map((one, k) => (k === 2 ? end(settings[2], 100) : one)))).toEqual([false, false, true, true]);
    expect(holds(good().map((one, k) => (k === 3 ? end(settings[3], 100) : one)))).toEqual([false, true, false, true]);
    expect(holds(good().map((one, k) => (k === 5 ? end(settings[5], 100) : one)))).toEqual([true, true, false, true]);
    expect(holds(good().map((one, k) => (k === 8 ? segment(settings[4], settings[5], 1) : one)))[3]).toBe(false);
  });

  it("do not hold where a record is missing, and leave out ends that are no minima", () => {
    for (const missing of [0, 1, 2, 3, 4, 5]) expect(holds(good().filter((_, k) => k !== missing))).toContain(false);
    for (const missing of [7, 8]) expect(holds(good().filter((_, k) => k !== missing))[3]).toBe(false);
    expect(holds([])).toEqual([false, false, false, false]);
    const unfinished = good().map((one, k) => (k === 1 ? end(settings[1], 300, { interpolates: false }) : one));
    const [next, larger] = judged(unfinished);
    expect(next).toMatchObject({
      holds: false,
      excluded: 1,
      why: expect.stringContaining("nothing to judge") as string,
    });
    expect(larger).toMatchObject({ holds: true, excluded: 1, runs: 1 });
  });
});
