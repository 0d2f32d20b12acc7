import { describe, expect, it } from "vitest";
import { judgeValues } from "../../src/judge.js";
import { groupBy, median, quantile, slope, spread } from "../../src/statistics.js";

describe("judgeValues", () => {
  it("holds where every value lies in the band, ends included", () => {
    expect(judgeValues("s", [1, 2, 3], [1, 3], "b")).toEqual({
      statement: "s",
      runs: 3,
      range: [1, 3],
      band: [1, 3],
      because: "b",
      holds: true,
    });
    expect(judgeValues("s", [1, 4], [1, 3], "b").holds).toBe(false);
    expect(judgeValues("s", [1e9], [2, Infinity], "b").holds).toBe(true);
  });

  it("does not hold without a value, and leaves out what is not one", () => {
    expect(judgeValues("s", [undefined, NaN], [0, 1], "b")).toMatchObject({ runs: 0, range: undefined, holds: false });
    expect(judgeValues("s", [undefined, 0.5], [0, 1], "b", 7)).toMatchObject({ runs: 7, range: [0.5, 0.5] });
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
