import { describe, expect, test } from "vitest";
import { caution, goodEnough, isLook, nextLook } from "../src/internal/stopping.js";

describe("the stopping rule", () => {
  test.each([
    // √(ν/χ²) with the 5 % quantiles of chi-squared from tables: 2.167 (7), 10.117 (19), 77.046 (99).
    [8, Math.sqrt(7 / 2.167)],
    [20, Math.sqrt(19 / 10.117)],
    [100, Math.sqrt(99 / 77.046)],
  ])("inflates the standard error of %i samples as tables do", (samples, factor) => {
    expect(Math.abs(caution(samples) / factor - 1)).toBeLessThan(0.005);
  });

  test("never holds below eight samples", () => {
    expect(goodEnough({ value: 1, standardError: 0, samples: 7 }, 0.5)).toBe(false);
    expect(goodEnough({ value: 1, standardError: 0, samples: 8 }, 0.5)).toBe(true);
  });

  test("holds for no relative error of zero unless the standard error is zero", () => {
    expect(goodEnough({ value: 0, standardError: 1e-9, samples: 100 }, 0.5)).toBe(false);
    expect(goodEnough({ value: 0, standardError: 0, samples: 100 }, 0.5)).toBe(true);
  });

  test("looks at counts that grow by half", () => {
    expect([8, 12, 18, 27].map(nextLook)).toEqual([12, 18, 27, 41]);
    expect(Array.from({ length: 50 }, (_, samples) => samples).filter(isLook)).toEqual([8, 12, 18, 27, 41]);
  });

  test("compares the inflated standard error with the size of the value, whatever its sign", () => {
    const most = 0.1 / caution(20);
    for (const value of [1, -1]) {
      expect(goodEnough({ value, standardError: most * (1 - 1e-12), samples: 20 }, 0.1)).toBe(true);
      expect(goodEnough({ value, standardError: most * (1 + 1e-9), samples: 20 }, 0.1)).toBe(false);
    }
    // So few samples that the approximation has no quantile.
    expect(caution(1)).toBe(Infinity);
  });
});
