import { describe, expect, it } from "vitest";
import { markdownTable, showSeconds } from "../src/report/markdown.js";
import { median, relativeDistance, rootMeanSquare } from "../src/report/statistics.js";

describe("statistics of runs", () => {
  it("takes the middle, or the mean of the two in the middle", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it("has the root mean square of a constant as the constant", () => expect(rootMeanSquare([-2, 2, 2])).toBe(2));

  it("measures distance relative to the truth, or to the way from a start", () => {
    expect(relativeDistance([3, 4.5], [3, 4])).toBeCloseTo(0.1, 12);
    expect(relativeDistance([1, 1.1], [1, 2], [1, 1])).toBeCloseTo(0.9, 12);
    expect(() => relativeDistance([1], [1, 2])).toThrow("relativeDistance: expected equal lengths, got 1 and 2.");
  });
});

describe("text of a report", () => {
  it("shows seconds in the unit that people read", () => {
    expect([0.00123, 0.0456, 0.93, 2.345, 123.4].map(showSeconds)).toEqual([
      "1.2 ms",
      "46 ms",
      "930 ms",
      "2.3 s",
      "123 s",
    ]);
  });

  it("aligns all columns but the first to the right", () => {
    expect(markdownTable(["", "n"], [["a", 1]])).toEqual(["|  | n |", "| --- | ---: |", "| a | 1 |"]);
  });
});
