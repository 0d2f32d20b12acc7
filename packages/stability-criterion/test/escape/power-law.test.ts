import { describe, expect, it } from "vitest";
import { StabilityError } from "../../src/index.js";
import {
  criticalDimension,
  escapeRate,
  logBarrier,
  logLossTemperature,
  meanFirstPassageTime,
  quasiStationaryExponent,
} from "../../src/escape.js";

/** `c + (θ² − 1)²/4`: minima at ±1 with curvature 2, a saddle at 0 with curvature −1. */
const doubleWell = (c: number) => (theta: number) => c + (theta * theta - 1) ** 2 / 4;
const passage = (c: number, temperature: number) =>
  meanFirstPassageTime({ loss: doubleWell(c), temperature, from: -1, to: 1, wall: -6 });
const kappa = (c: number, temperature: number) =>
  escapeRate({
    lossAtMinimum: c,
    lossAtSaddle: c + 0.25,
    minimumCurvatures: [2],
    saddleCurvatures: [-1],
    learningRate: temperature / 2,
    batchSize: 1,
  });

describe("the mean first-passage time of the double well", () => {
  it.each([
    [0.25, 0.2, 210.9605306, 1.04923],
    [0.25, 0.1, 6534.109167, 1.01556],
    [0.05, 0.2, 81031.5246, 0.95754],
  ])("at c = %d, T = %d is %d, times the power-law rate %d", (c, temperature, expected, ratio) => {
    const found = passage(c, temperature);
    expect(found.time / expected).toBeCloseTo(1, 9);
    expect(found.relativeError).toBeLessThan(1e-10);
    expect(Math.exp(found.logTime) / found.time).toBeCloseTo(1, 14);
    expect(kappa(c, temperature).rate * found.time).toBeCloseTo(ratio, 5);
  });

  it.each([
    [0.5, 0.9134],
    [0.2, 0.9575],
    [0.1, 0.9774],
    [0.05, 0.9884],
    [0.02, 0.9953],
  ])("at c = .05, T = %d, times the rate, is %d: towards 1 in the cold", (temperature, expected) => {
    const { logTime } = passage(0.05, temperature);
    expect(Math.exp(logTime + kappa(0.05, temperature).logRate)).toBeCloseTo(expected, 4);
  });

  it("has a finite logarithm where the time itself overflows", () => {
    const { logTime, time } = passage(0.05, 0.002);
    expect(time).toBe(Infinity);
    expect(logTime + kappa(0.05, 0.002).logRate).toBeCloseTo(0, 2);
  });

  it("is the free walk's b²/2T for constant loss 1 from a wall at 0", () => {
    const { time } = meanFirstPassageTime({ loss: () => 1, temperature: 0.3, from: 0, to: 2, wall: 0 });
    expect(time).toBeCloseTo(4 / 0.6, 10);
  });
});

describe("the radial first-passage time on L*(1 + r²)", () => {
  it.each([
    [1, 0.1],
    [2, 0.1],
    [4, 0.2],
    [8, 0.1],
  ])("in %d dimensions at T = %d grows with the barrier by the power 1/T + 1 − n/2", (dimension, temperature) => {
    const time = (ratio: number): number =>
      meanFirstPassageTime({
        loss: (r) => 1 + r * r,
        temperature,
        from: 0,
        to: Math.sqrt(ratio - 1),
        wall: 0,
        dimension,
        tolerance: 1e-8,
      }).logTime;
    const slope = (time(200) - time(100)) / Math.LN2;
    const power = 1 / temperature + 1 - dimension / 2;
    expect(Math.abs(slope / power - 1)).toBeLessThan(0.04);
    // The slope converges upwards.
    expect(Math.abs((time(4000) - time(2000)) / Math.LN2 / power - 1)).toBeLessThan(Math.abs(slope / power - 1) + 1e-6);
  });
});

describe("the power law", () => {
  const dynamics = { learningRate: 0.1, batchSize: 4, curvature: 2 };

  it("has T = ηh/B, φ = 1 + 1/T, n_c = 2φ and the barrier log Lˢ/L*", () => {
    expect(logLossTemperature(dynamics)).toBeCloseTo(0.05, 15);
    expect(quasiStationaryExponent(dynamics)).toBeCloseTo(21, 12);
    expect(criticalDimension(dynamics)).toBeCloseTo(42, 12);
    expect(logBarrier(0.05, 0.3)).toBeCloseTo(Math.log(6), 14);
  });

  it("has a density that is normalisable in n dimensions exactly below n_c", () => {
    const { learningRate, batchSize, curvature } = dynamics;
    const exponent = quasiStationaryExponent({ learningRate, batchSize, curvature: 20 * curvature });
    const critical = criticalDimension({ learningRate, batchSize, curvature: 20 * curvature });
    // Mass of (1 + r²)^{−φ}r^{n−1} between R and 10R, relative to that between 1 and 10.
    const mass = (n: number, from: number): number => {
      let sum = 0;
      for (let k = 0; k < 2000; k++) {
        const r = from * 10 ** ((k + 0.5) / 2000);
        sum += (1 + r * r) ** -exponent * r ** n;
      }
      return sum;
    };
    expect(mass(critical - 0.2, 1e8)).toBeLessThan(0.2 * mass(critical - 0.2, 1e3));
    expect(mass(critical + 0.2, 1e8)).toBeGreaterThan(5 * mass(critical + 0.2, 1e3));
  });

  it("in one dimension is √(h*|hˢ|)/2π·[…]^{−(½ + 1/T)}, and flat outliers of equal curvature halve the power each", () => {
    const one = kappa(0.05, 0.2);
    expect(one.rate / ((Math.sqrt(2) / (2 * Math.PI)) * 6 ** -5.5)).toBeCloseTo(1, 12);
    expect(one.exponent).toBeCloseTo(5.5, 12);
    const three = escapeRate({
      lossAtMinimum: 0.05,
      lossAtSaddle: 0.3,
      minimumCurvatures: [3, 2, 3],
      saddleCurvatures: [3, -1, 3],
      learningRate: 0.1,
      batchSize: 1,
    });
    expect(three.exponent).toBeCloseTo(4.5, 12);
    expect(three.logRate - one.logRate).toBeCloseTo(Math.log(6), 12);
  });

  it.each([
    ["a minimum of loss 0", { lossAtMinimum: 0 }],
    ["a saddle without a way out", { saddleCurvatures: [1, 1] }],
    ["a saddle with two", { saddleCurvatures: [-1, -1] }],
    ["another number of curvatures", { saddleCurvatures: [-1] }],
    ["a flat direction", { minimumCurvatures: [2, 0] }],
  ])("refuses %s", (_, change) => {
    const good = {
      lossAtMinimum: 1,
      lossAtSaddle: 2,
      minimumCurvatures: [2, 2],
      saddleCurvatures: [-1, 2],
      learningRate: 0.1,
      batchSize: 1,
    };
    expect(escapeRate(good).rate).toBeGreaterThan(0);
    expect(() => escapeRate({ ...good, ...change })).toThrow(StabilityError);
  });

  it("refuses a walk without order and a loss that is not positive", () => {
    const good = { loss: () => 1, temperature: 1, from: 0, to: 1, wall: -1 };
    expect(() => meanFirstPassageTime({ ...good, to: -1 })).toThrow(StabilityError);
    expect(() => meanFirstPassageTime({ ...good, wall: 0.5 })).toThrow(StabilityError);
    expect(() => meanFirstPassageTime({ ...good, loss: () => 0 })).toThrow(StabilityError);
  });
});
