import { describe, expect, it } from "vitest";
import { seededRandom } from "@sgdscope/random";
import { judge, valuesOf } from "../../src/judge.js";
import { groupBy, median, quantile, slope, spread } from "../../src/statistics.js";

const about = { kind: "theorem", statement: "s", band: [1, 3], because: "b" } as const;

describe("judge", () => {
  it("holds where every value lies in the band, ends included", () => {
    expect(judge({ ...about, samples: valuesOf([1, 2, 3]) })).toEqual({
      kind: "theorem",
      statement: "s",
      runs: 3,
      seeds: undefined,
      missing: 0,
      excluded: 0,
      range: [1, 3],
      interval: undefined,
      band: [1, 3],
      because: "b",
      controls: [],
      beside: [],
      holds: true,
      why: undefined,
    });
    expect(judge({ ...about, samples: valuesOf([1, 4]) })).toMatchObject({ holds: false, why: "outside the band" });
    expect(judge({ ...about, band: [2, Infinity], samples: valuesOf([1e9, Infinity]) }).holds).toBe(true);
  });

  it("does not take a value that was not measured for agreement", () => {
    for (const nothing of [undefined, null, NaN]) {
      expect(judge({ ...about, samples: valuesOf([nothing]) })).toMatchObject({
        runs: 0,
        missing: 1,
        range: undefined,
        holds: false,
        why: "nothing to judge; 1 of 1 values not measured",
      });
      expect(judge({ ...about, samples: valuesOf([2, nothing, 2]) })).toMatchObject({
        runs: 2,
        missing: 1,
        range: [2, 2],
        holds: false,
        why: "1 of 3 values not measured",
      });
    }
    expect(judge({ ...about, samples: [] })).toMatchObject({ holds: false, why: "nothing to judge" });
  });

  it("judges medians over the seeds of a setting, and gives the interval over seeds with its level", () => {
    const samples = [1, 2, 3, 4, 5].flatMap((seed) => [
      { seed, setting: "slow", value: seed === 1 ? 9 : 2 },
      { seed, setting: "fast", value: 1 + seed / 4 },
    ]);
    expect(judge({ ...about, samples })).toMatchObject({
      holds: true,
      range: [1.75, 2],
      seeds: 5,
      runs: 10,
      interval: { low: 1.75, high: (9 + 1.25) / 2, level: 1 - 1 / 16 },
    });
    expect(judge({ ...about, samples: samples.slice(0, 2) })).toMatchObject({ seeds: 1, interval: undefined });
  });

  it("covers the median of a distribution by the interval as often as its level says", () => {
    const random = seededRandom(5);
    let covered = 0;
    const trials = 4000;
    for (let trial = 0; trial < trials; trial++) {
      const samples = Array.from({ length: 5 }, (_, seed) => ({ seed, value: random() ** 3 }));
      const { interval } = judge({ ...about, samples });
      if (interval!.low <= 1 / 8 && 1 / 8 <= interval!.high) covered++;
    }
    const level = 15 / 16;
    expect(Math.abs(covered / trials - level)).toBeLessThan(4 * Math.sqrt((level * (1 - level)) / trials));
  });

  it("needs controls that miss the band", () => {
    const samples = valuesOf([2]);
    const withControl = (values: (number | undefined)[]) =>
      judge({ ...about, kind: "evidence", samples, controls: [{ what: "untrained", values }] });
    expect(withControl([5, 6, 2])).toMatchObject({
      holds: true,
      controls: [{ what: "untrained", runs: 3, median: 5, range: [2, 6], fails: true }],
    });
    expect(withControl([2, 3, 9])).toMatchObject({ holds: false, why: "control passes too: untrained" });
    expect(withControl([9, undefined])).toMatchObject({ holds: false, controls: [{ fails: false }] });
    expect(withControl([])).toMatchObject({ holds: false, why: "control not measured: untrained" });
    expect(judge({ ...about, kind: "evidence", samples })).toMatchObject({ holds: false, why: "no control" });
  });

  it("shows what stands beside without judging it", () => {
    const beside = [{ what: "random labels", values: [7, NaN] }];
    expect(judge({ ...about, samples: valuesOf([2]), beside })).toMatchObject({
      holds: true,
      beside: [{ what: "random labels", runs: 1, median: 7, range: [7, 7] }],
    });
  });
});

describe("statistics", () => {
  it("take the middle of sorted values", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeUndefined();
    expect(median([1, Infinity, Infinity])).toBe(Infinity);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
    expect(spread([5, 1, 3])).toEqual({ middle: 3, low: 1, high: 5, count: 3 });
  });

  it("keep groups in the order of their first member", () => {
    expect([...groupBy([3, 1, 4, 1, 5], (x) => x % 2)]).toEqual([
      [1, [3, 1, 1, 5]],
      [0, [4]],
    ]);
  });

  it("find the slope of a line", () => {
    expect(slope([0, 1, 2].map((x) => ({ x, y: 3 - 2 * x })))).toBeCloseTo(-2, 12);
    expect(slope([{ x: 1, y: 1 }])).toBeUndefined();
  });
});
