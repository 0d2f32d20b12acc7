import { gaussian } from "@sgdscope/random";
import { expectUnbiased } from "@sgdscope/testing";
import { describe, expect, test } from "vitest";

const mean =
  (size: number, shift = 0, said = 1) =>
  (random: () => number) => {
    const draws = gaussian(size, random);
    return { value: 5 + shift + draws.reduce((a, b) => a + b, 0) / size, standardError: said / Math.sqrt(size) };
  };

describe("expectUnbiased", () => {
  test("accepts a mean with its standard error, and is a function of the seed", async () => {
    await expectUnbiased(mean(10), 5);
    await expectUnbiased(mean(10), 5, { seeds: 200, seed: 7 });
  });

  test("refuses a bias of one standard error of a single run", async () => {
    await expect(expectUnbiased(mean(10, 1 / Math.sqrt(10)), 5)).rejects.toThrow(
      /the mean 5\.\d+ of 32 runs must be within 4σ/,
    );
  });

  test("refuses standard errors that are three times too small or too large, unless told not to look", async () => {
    for (const said of [1 / 3, 3]) {
      await expect(expectUnbiased(mean(10, 0, said), 5)).rejects.toThrow(
        /runs claim a standard error of .* and scatter by/,
      );
      await expectUnbiased(mean(10, 0, said), 5, { standardErrors: false });
    }
  });

  test("holds an estimate that claims to be exact to that", async () => {
    await expectUnbiased(() => ({ value: 2 + 1e-9, standardError: 0 }), 2);
    await expect(expectUnbiased(() => ({ value: 2.001, standardError: 0 }), 2)).rejects.toThrow(
      /run 0 claims to be exact/,
    );
    await expect(expectUnbiased((random) => ({ value: 2 + random() / 100, standardError: 0 }), 2.005)).rejects.toThrow(
      /claims to be exact/,
    ); // one at least is off
  });

  test("needs no standard errors, but all of them where they are asked for", async () => {
    const bare = (random: () => number) => ({ value: random() });
    await expectUnbiased(bare, 0.5);
    await expect(expectUnbiased(bare, 0.5, { standardErrors: true })).rejects.toThrow(
      /every run claims a standard error/,
    );
  });

  test("refuses NaN, and fewer than eight seeds", async () => {
    await expect(expectUnbiased(() => ({ value: Number.NaN }), 1)).rejects.toThrow(/run 0 is a number/);
    await expect(expectUnbiased(mean(10), 5, { seeds: 3 })).rejects.toMatchObject({
      name: "TestingError",
      code: "OPTION",
    });
  });
});
