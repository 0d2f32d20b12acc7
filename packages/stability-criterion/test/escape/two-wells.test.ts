import { describe, expect, it } from "vitest";
import { StabilityError } from "../../src/index.js";
import { boltzmannNoise, crossoverNoise, laplaceOdds, logBasinWeight } from "../../src/escape.js";

/** A sharp well of loss 0 at −1 and a flat one of loss .1 at 1. */
const sharp = { loss: 0, curvatures: [8] };
const flat = { loss: 0.1, curvatures: [1] };
const landscape = (t: number): number => Math.min(4 * (t + 1) ** 2, 0.1 + 0.5 * (t - 1) ** 2);
/** Where the parabolas cross: 3.5t² + 9t + 3.4 = 0. */
const [far, ridge] = [-1, 1].map((sign) => (-9 + sign * Math.sqrt(81 - 4 * 3.5 * 3.4)) / 7) as [number, number];
const odds = (noise: number): number =>
  Math.exp(
    logBasinWeight({ loss: landscape, noise, breakpoints: [-8, far, -1, ridge] }) -
      logBasinWeight({ loss: landscape, noise, breakpoints: [ridge, 1, 10] }),
  );

describe("the odds of two wells", () => {
  it.each([
    [0.02, 52.47197561, 8],
    [0.05, 2.61242584, 8],
    [0.2, 0.58304, 5],
  ])("at n = %d are %d", (noise, expected, digits) => {
    expect(odds(noise)).toBeCloseTo(expected, digits);
  });

  it("are near those of Laplace: .58291 at n = .2, and the same in the cold", () => {
    expect(laplaceOdds(sharp, flat, 0.2)).toBeCloseTo(0.58291, 5);
    expect(laplaceOdds(sharp, flat, 0.02)).toBeCloseTo(52.47197561, 7);
    expect(odds(0.005) / laplaceOdds(sharp, flat, 0.005)).toBeCloseTo(1, 11);
  });

  it("are even at n = .0961796694, and the flat well gains with the noise", () => {
    const crossover = crossoverNoise(flat, sharp);
    expect(crossover).toBeCloseTo(0.0961796694, 10);
    expect(laplaceOdds(flat, sharp, crossover)).toBeCloseTo(1, 13);
    expect(laplaceOdds(flat, sharp, 0.9 * crossover)).toBeLessThan(1);
    expect(laplaceOdds(flat, sharp, 1.1 * crossover)).toBeGreaterThan(1);
    expect(Math.abs(odds(crossover) - 1)).toBeLessThan(1e-3);
  });

  it("never change order where one well is lower and wider, or both are as wide", () => {
    expect(crossoverNoise({ loss: 0, curvatures: [1, 1] }, { loss: 1, curvatures: [2, 1] })).toBeLessThan(0);
    expect(crossoverNoise({ loss: 0, curvatures: [2, 1] }, { loss: 1, curvatures: [1, 2] })).toBeNaN();
  });

  it("of a single quadratic have the weight √(2πn/h)·exp(−L/n), also where that vanishes", () => {
    const weight = logBasinWeight({ loss: (t) => 3 + t * t, noise: 0.001, breakpoints: [-2, 0, 2] });
    expect(weight).toBeCloseTo(0.5 * Math.log((2 * Math.PI * 0.001) / 2) - 3000, 9);
  });
});

describe("the noise", () => {
  it("is ησ²/(2S) and knows learning rate and batch size by their ratio only", () => {
    expect(boltzmannNoise({ learningRate: 0.1, batchSize: 50, variance: 3 })).toBeCloseTo(0.003, 15);
    expect(boltzmannNoise({ learningRate: 0.4, batchSize: 200, variance: 3 })).toBeCloseTo(0.003, 15);
  });

  it.each([
    ["no noise", () => laplaceOdds(sharp, flat, 0)],
    ["wells of other dimensions", () => laplaceOdds(sharp, { loss: 0, curvatures: [1, 1] }, 1)],
    ["a flat direction", () => crossoverNoise(sharp, { loss: 0, curvatures: [0] })],
    ["one breakpoint", () => logBasinWeight({ loss: () => 0, noise: 1, breakpoints: [0] })],
    ["breakpoints that fall", () => logBasinWeight({ loss: () => 0, noise: 1, breakpoints: [1, 0] })],
  ])("refuses %s", (_, call) => {
    expect(call).toThrow(StabilityError);
  });
});
