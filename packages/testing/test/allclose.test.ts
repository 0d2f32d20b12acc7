import { allclose, matchers } from "@sgdscope/testing";
import { describe, expect, test } from "vitest";

expect.extend(matchers);

describe("allclose", () => {
  test.each<[string, number | number[], number | number[], Parameters<typeof allclose>[2], boolean]>([
    ["equal numbers", 1, 1, {}, true],
    ["the edge of the relative bound", 1.5, 1, { relative: 0.5, absolute: 0 }, true],
    ["beyond the relative bound", 1.75, 1, { relative: 0.5, absolute: 0 }, false],
    ["the sum of both bounds", 2, 1, { relative: 0.5, absolute: 0.5 }, true],
    ["a small entry against itself", [1000, 0.001], [1000, 0], { absolute: 0 }, false],
    ["a small entry against the largest", [1000, 0.001], [1000, 0], { absolute: 0, relativeTo: "largest" }, true],
    ["NaN", Number.NaN, Number.NaN, { absolute: Infinity }, false],
    ["NaN instead of a number", Number.NaN, 1, {}, false],
    ["equal infinities", Infinity, Infinity, {}, true],
    ["opposite infinities", Infinity, -Infinity, { relative: 1 }, false],
    ["an infinity instead of a number", Infinity, 1, { relative: 1 }, false],
    ["other lengths", [1, 2], [1], {}, false],
    ["nothing and nothing", [], [], {}, true],
  ])("%s", (_title, found, expected, tolerance, close) => {
    expect(allclose(found, expected, tolerance).close).toBe(close);
  });

  test("says how many differ, and the worst of them", () => {
    expect(allclose([1, 5, 3.1], Float32Array.of(1, 2, 3), { relative: 0.01, absolute: 0 }).report).toBe(
      "2 of 3 numbers differ by more than 0 + 0.01·|expected|; worst at index 1: expected 2, got 5",
    );
    expect(allclose([1], [1, 2]).report).toBe("expected 2 numbers, got 1");
  });
});

describe("toBeAllclose", () => {
  test("passes and fails as allclose says, with its report", () => {
    expect(Float64Array.of(1, 2 + 1e-9)).toBeAllclose([1, 2]);
    expect([1, 2]).not.toBeAllclose([1, 3]);
    expect(3).toBeAllclose(3.1, { absolute: 0.2 });
    expect(() => expect([1, 2]).toBeAllclose([1, 3])).toThrow(/1 of 2 numbers .* worst at index 1: expected 3, got 2/);
    expect(() => expect([1]).not.toBeAllclose([1])).toThrow(/expected numbers that differ, got 1 number within/);
  });
});
