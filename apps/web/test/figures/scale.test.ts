import { describe, expect, it } from "vitest";
import { apart, CEILING, FLOOR, logRange, logTicks, shown, tickLabels } from "../../src/figures/scale.js";

describe("a logarithmic axis", () => {
  it("shows what it can, and leaves gaps for the rest", () => {
    expect([1e-30, 0, 0.5, 1e30].map(shown)).toEqual([FLOOR, FLOOR, 0.5, CEILING]);
    expect([undefined, NaN, -1, Infinity].map(shown)).toEqual([null, null, null, null]);
  });

  it("holds its values and its least range, within what can be drawn", () => {
    expect(logRange([], [0.1, 10])).toEqual([0.1, 10]);
    const [low, high] = logRange([0.01, undefined, Infinity, NaN, 1e40], [0.1, 10]);
    expect(low).toBeLessThan(0.01);
    expect(high).toBe(CEILING);
    expect(logRange([1e-300], [0.1, 10])[0]).toBe(FLOOR);
  });

  it("has 1, 2, 5 over few decades and powers of ten over many", () => {
    expect(logTicks(0.4, 12)).toEqual([0.5, 1, 2, 5, 10]);
    expect(tickLabels(logTicks(0.4, 12))).toEqual(["0.5", "1", "2", "5", "10"]);
    expect(tickLabels(logTicks(1e-10, 100))).toEqual(["10⁻¹⁰", "10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "1", "10²"]);
  });

  it("has few ticks over the widest range", () => {
    expect(logTicks(FLOOR, CEILING).length).toBeLessThan(9);
  });
});

it("names of lines that lie close are moved apart, and others stay", () => {
  expect(apart([50, 100, 52], 14)).toEqual([50, 100, 64]);
  expect(apart([], 14)).toEqual([]);
  expect(apart([7, 7], 14)).toEqual([7, 21]);
});
