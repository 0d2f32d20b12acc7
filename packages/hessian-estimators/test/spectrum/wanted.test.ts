import { describe, expect, test } from "vitest";
import { choose, type Which } from "../../src/spectrum/wanted.js";

const values = Float64Array.of(5, 3, 1, -2, -4, -9);

describe("the wanted ends of a spectrum", () => {
  test.each<[Which, number, number[], { index: number; distance: number }[]]>([
    ["largest", 2, [5, 3], [{ index: 2, distance: 2 }]],
    ["smallest", 2, [-9, -4], [{ index: 3, distance: 2 }]],
    ["largest-magnitude", 3, [-9, 5, -4], [{ index: 1, distance: 1 }]],
    [
      "both-ends",
      3,
      [5, 3, -9],
      [
        { index: 2, distance: 2 },
        { index: 4, distance: 5 },
      ],
    ],
    [
      "both-ends",
      4,
      [5, 3, -4, -9],
      [
        { index: 2, distance: 2 },
        { index: 3, distance: 2 },
      ],
    ],
    ["both-ends", 1, [5], [{ index: 1, distance: 2 }]],
    ["largest", 6, [...values], []],
    ["smallest", 6, [...values].reverse(), []],
  ])("%s, %i of them: the best first, and what comes next by how much", (which, count, wanted, rivals) => {
    const found = choose(values, which, count);
    expect(found.wanted.map((index) => values[index])).toEqual(wanted);
    expect(found.rivals).toEqual(rivals);
  });
});
