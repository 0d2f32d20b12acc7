import { describe, expect, test } from "vitest";
import { eigenpairsPlan, type EigenpairsOptions } from "../../src/spectrum/options.js";

const SIZE = 50;
const plan = (options: Partial<EigenpairsOptions> = {}, size = SIZE): ReturnType<typeof eigenpairsPlan> =>
  eigenpairsPlan("topEigenpairs", size, { seed: 1, ...options });
const along = (...entries: number[]): Float64Array => Float64Array.from({ length: SIZE }, (_, i) => entries[i] ?? 0);

describe("what topEigenpairs does where nothing is said", () => {
  test("is the pair of largest magnitude to 1e-5 in 300 products and half a gigabyte", () => {
    expect(plan()).toEqual({
      count: 1,
      which: "largest-magnitude",
      tolerance: 1e-5,
      maxMatvecs: 300,
      maxBasis: Math.floor(2 ** 29 / (8 * SIZE)),
      block: 1,
      confirm: false,
      start: [],
    });
  });

  test("is 20 products per pair where that is more, and a search for what several pairs have missed", () => {
    expect(plan({ count: 15 })).toMatchObject({ maxMatvecs: 300, confirm: true });
    expect(plan({ count: 16 })).toMatchObject({ maxMatvecs: 320, confirm: true });
    expect(plan({ count: 2, confirm: false }).confirm).toBe(false);
  });

  test("holds at least what a search needs, however large the vectors", () => {
    expect(plan({ count: 3, block: 2 }, 2 ** 30).maxBasis).toBe(2 * 3 + 20 * 2);
  });

  test("continues from as many vectors as start has directions, and then looks for more", () => {
    const two = plan({ start: [along(3), along(1, 1), along(2, 2)] });
    expect(two).toMatchObject({ block: 2, confirm: true });
    expect(two.start).toEqual([along(1), along(0, 1)]);
    expect(plan({ start: along(0, 0, 5) }).start).toEqual([along(0, 0, 1)]);
    expect(plan({ start: [along(1)], block: 3 }).block).toBe(3);
  });
});

describe("topEigenpairs is refused", () => {
  test.each<[string, Partial<EigenpairsOptions>]>([
    ["count", { count: 0 }],
    ["count", { count: SIZE + 1 }],
    ["which", { which: "nearest" as never }],
    ["tolerance", { tolerance: 0 }],
    ["maxMatvecs", { count: 5, maxMatvecs: 4 }],
    ["block", { block: 0 }],
    ["block", { block: SIZE + 1 }],
    ["maxBasis", { count: 3, block: 2, maxBasis: 5 }],
    ["maxBasis", { start: [along(1), along(0, 1)], block: 1, maxBasis: 3 }],
    ["start", { start: along(0) }],
    ["start", { start: along(Infinity) }],
    ["start", { start: along(NaN) }],
    ["start", { start: new Float64Array(SIZE - 1).fill(1) }],
  ])("by name of %s: %o", (name, options) => {
    expect(() => plan(options)).toThrow(
      expect.objectContaining({
        name: "HessianEstimatorsError",
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(new RegExp(`^topEigenpairs: expected ${name}`)) as string,
      }),
    );
  });

  test("not at the limits", () => {
    expect(plan({ count: 5, maxMatvecs: 5, maxBasis: 7 })).toMatchObject({ maxMatvecs: 5, maxBasis: 7 });
    expect(plan({ count: SIZE, block: SIZE, maxBasis: SIZE })).toMatchObject({ count: SIZE, block: SIZE });
  });
});
