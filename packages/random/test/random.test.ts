import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gaussian, permutation, rademacher, restoreRandom, seededRandom, subset } from "../src/index.js";

describe("seededRandom", () => {
  it("gives the same numbers for the same seed and others for the next", () => {
    const draws = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
    expect(draws(3)).toEqual(draws(3));
    expect(draws(3)).not.toEqual(draws(4));
  });

  it("is uniform on [0, 1) within 5 standard errors, also across neighbouring seeds", () => {
    const n = 20_000;
    const random = seededRandom(1);
    const one = Array.from({ length: n }, random);
    const across = Array.from({ length: n }, (_, seed) => seededRandom(seed)());
    for (const sample of [one, across]) {
      expect(Math.min(...sample)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...sample)).toBeLessThan(1);
      const mean = sample.reduce((a, b) => a + b) / n;
      const second = sample.reduce((a, b) => a + b * b, 0) / n;
      expect(Math.abs(mean - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
      expect(Math.abs(second - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n));
    }
  });

  it("gives neighbouring seeds streams whose draws do not correlate, within 5 standard errors over all pairs of 45 draws", () => {
    const seeds = 2000;
    const draws = 45;
    const signs = Array.from({ length: seeds }, (_, seed) => {
      const random = seededRandom(seed);
      return Array.from({ length: draws }, () => (random() < 0.5 ? -1 : 1));
    });
    let worst = 0;
    for (let a = 0; a < draws; a++)
      for (let b = 0; b < a; b++)
        worst = Math.max(worst, Math.abs(signs.reduce((sum, row) => sum + row[a]! * row[b]!, 0)));
    expect(worst / Math.sqrt(seeds)).toBeLessThan(5);
  });

  it("continues exactly from a state that went through JSON", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }), fc.nat(50), (seed, skip) => {
        const random = seededRandom(seed);
        for (let i = 0; i < skip; i++) random();
        const copy = restoreRandom(JSON.parse(JSON.stringify(random.state())) as number[]);
        expect(Array.from({ length: 10 }, copy)).toEqual(Array.from({ length: 10 }, random));
        expect(copy.stream("a")()).toBe(random.stream("a")());
      }),
    );
  });

  it("splits into streams that depend on seed and name, not on draws made", () => {
    const random = seededRandom(5);
    const before = random.stream("probes")();
    random();
    expect(random.stream("probes")()).toBe(before);
    expect(random.stream("batches")()).not.toBe(before);
    expect(seededRandom(6).stream("probes")()).not.toBe(before);
  });

  it("refuses seeds that do not fit 32 bits, and foreign states", () => {
    for (const seed of [1.5, NaN, 2 ** 32, -(2 ** 31) - 1])
      expect(() => seededRandom(seed)).toThrow(/seededRandom: expected/);
    expect(() => restoreRandom([1, 2])).toThrow(/restoreRandom: expected/);
  });
});

describe("draws", () => {
  const n = 40_000;
  it("gaussian has the first four moments of N(0, 1) within 5 standard errors", () => {
    const z = gaussian(n, seededRandom(2));
    const moment = (k: number): number => z.reduce((sum, x) => sum + x ** k, 0) / n;
    const variances = [1, 2, 15, 96]; // of z, z², z³, z⁴
    [0, 1, 0, 3].forEach((expected, k) => {
      expect(Math.abs(moment(k + 1) - expected)).toBeLessThan(5 * Math.sqrt(variances[k]! / n));
    });
  });

  it("rademacher is ±1 with mean zero", () => {
    const z = rademacher(n, seededRandom(3));
    expect(z.every((x) => x === 1 || x === -1)).toBe(true);
    expect(Math.abs(z.reduce((a, b) => a + b) / n)).toBeLessThan(5 / Math.sqrt(n));
  });

  it("permutation visits every order of three equally often", () => {
    const random = seededRandom(4);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const key = permutation(3, random).join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values())
      expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(6000 * (1 / 6) * (5 / 6)));
  });

  it("subset draws every pair of four equally often and refuses impossible sizes", () => {
    const random = seededRandom(5);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const key = [...subset(2, 4, random)].sort().join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values())
      expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(6000 * (1 / 6) * (5 / 6)));
    expect([...subset(4, 4, random)].sort()).toEqual([0, 1, 2, 3]);
    expect(subset(0, 4, random).length).toBe(0);
    expect(() => subset(5, 4, random)).toThrow(/subset: expected a size between 0 and 4, got 5/);
  });
});
