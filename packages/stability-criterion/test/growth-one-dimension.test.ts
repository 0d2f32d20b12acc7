import { describe, expect, it } from "vitest";
import { almostSureStability, exactThreshold, momentThreshold, pathExponent, StabilityError } from "../src/index.js";
import { problem, seededRandom } from "./support/problems.js";

describe("stability in k-th moment of a = {1, 5}", () => {
  it.each([
    [2, 0.461538, 6],
    [4, 0.434746, 6],
    [2, 6 / 13, 14],
    [1, 0.5, 14],
  ])("k = %d: %d", (order, expected, digits) => {
    expect(momentThreshold([1, 5], order)).toBeCloseTo(expected, digits);
  });

  it("falls with the order, below the almost-sure 1.2, towards 2/max a", () => {
    let before = almostSureStability([1, 5]).criticalLearningRate;
    for (const order of [1, 1.5, 2, 3, 4, 8, 32, 200]) {
      const found = momentThreshold([1, 5], order);
      expect(found).toBeLessThan(before);
      before = found;
    }
    expect(before).toBeGreaterThan(0.4);
    expect(momentThreshold([1, 5], 400)).toBeCloseTo(0.4, 2);
  });

  it("is the exact threshold for k = 2, and 2/a where all are the same", () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = seededRandom(seed);
      const curvatures = Array.from({ length: 2 + (seed % 6) }, () => random() + 0.01);
      const { system } = problem(
        curvatures.map(Math.sqrt),
        curvatures.map(() => 1),
      );
      const { criticalLearningRate } = exactThreshold(system, { batchSize: 1 });
      expect(momentThreshold(curvatures, 2) / criticalLearningRate).toBeCloseTo(1, 11);
    }
    expect(momentThreshold([3, 3], 5)).toBeCloseTo(2 / 3, 14);
  });
});

describe("almost-sure stability in one dimension", () => {
  it("of a = {1, 5} ends at 1.2", () => {
    const { criticalLearningRate, stableIntervals } = almostSureStability([1, 5]);
    expect(criticalLearningRate).toBeCloseTo(1.2, 13);
    expect(stableIntervals.length).toBe(1);
    expect(pathExponent([1, 5], 1.2)).toBeCloseTo(0, 13);
    expect(pathExponent([1, 5], 0.6)).toBeCloseTo(0.5 * Math.log(0.8), 13);
    expect(pathExponent([1, 5], 1)).toBe(-Infinity);
  });

  it("of a = {1, 20} has a window of growth between two of decay", () => {
    const { stableIntervals } = almostSureStability([1, 20]);
    expect(stableIntervals.length).toBe(2);
    // |(1 − η)(1 − 20η)| = 1: 20η² − 21η + 2 = 0 below −1, η = 21/20 above 1.
    const root = Math.sqrt(21 ** 2 - 160);
    [0, (21 - root) / 40, (21 + root) / 40, 21 / 20].forEach((value, k) =>
      expect(stableIntervals.flat()[k]).toBeCloseTo(value, 13),
    );
  });

  it("of one curvature is 2/a; flat examples slow it down only", () => {
    expect(almostSureStability([4]).criticalLearningRate).toBeCloseTo(0.5, 14);
    expect(almostSureStability([4, 0, 0]).criticalLearningRate).toBeCloseTo(0.5, 14);
  });

  it("has exponents below 0 inside and above 0 outside, for random curvatures", () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = seededRandom(80 + seed);
      const curvatures = Array.from({ length: 2 + (seed % 4) }, () => Math.exp(4 * random()));
      const { stableIntervals } = almostSureStability(curvatures);
      stableIntervals.forEach(([from, to], k) => {
        expect(pathExponent(curvatures, to * (1 - 1e-9))).toBeLessThan(0);
        expect(pathExponent(curvatures, to * (1 + 1e-9))).toBeGreaterThan(0);
        if (k > 0) expect(pathExponent(curvatures, from * (1 - 1e-9))).toBeGreaterThan(0);
      });
    }
  });

  it.each([
    ["no curvature", () => almostSureStability([0])],
    ["a negative one", () => pathExponent([1, -1], 1)],
    ["an order below 1", () => momentThreshold([1], 0.5)],
    ["a learning rate of 0", () => pathExponent([1], 0)],
  ])("refuses %s", (_, call) => {
    expect(call).toThrow(StabilityError);
  });
});
