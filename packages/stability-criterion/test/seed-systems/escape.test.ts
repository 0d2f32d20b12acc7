import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  boltzmannNoise,
  criticalDimension,
  crossoverNoise,
  escapeRate,
  laplaceOdds,
  logBasinWeight,
  meanFirstPassageTime,
  quasiStationaryExponent,
} from "../../src/escape.js";

describe("the radial first-passage time on L*(1 + r²)", () => {
  // Reference slopes between barriers 50 and 100, and 100 and 200, by the trapezoidal rule of NumPy.
  it.each([
    [1, 0.1, 10.49189, 10.49598],
    [1, 0.2, 5.49101, 5.49555],
    [2, 0.1, 9.98369, 9.99192],
    [2, 0.2, 4.98157, 4.99089],
    [4, 0.1, 8.96695, 8.98362],
    [4, 0.2, 3.96042, 3.98049],
    [8, 0.1, 6.93129, 6.966],
    [8, 0.2, 1.90019, 1.94644],
  ])(
    "in %d dimensions at T = %d grows by %d, then %d: within three per cent of 1/T + 1 − n/2 and converging upwards",
    (dimension, temperature, first, second) => {
      const [low, middle, high] = [50, 100, 200].map(
        (barrier) =>
          meanFirstPassageTime({
            loss: (r) => 1 + r * r,
            temperature,
            from: 0,
            to: Math.sqrt(barrier - 1),
            wall: 0,
            dimension,
          }).logTime,
      ) as [number, number, number];
      const slopes = [(middle - low) / Math.LN2, (high - middle) / Math.LN2] as const;
      expect(Math.abs(slopes[0] - first)).toBeLessThan(2e-5);
      expect(Math.abs(slopes[1] - second)).toBeLessThan(2e-5);
      const power = 1 / temperature + 1 - dimension / 2;
      expect(Math.abs(slopes[1] / power - 1)).toBeLessThan(0.03);
      expect(slopes[0]).toBeLessThan(slopes[1]);
      expect(slopes[1]).toBeLessThan(power);
    },
  );
});

describe("the escape rate", () => {
  const route = { lossAtMinimum: 0.3, lossAtSaddle: 1.7, learningRate: 0.2, batchSize: 3 };

  it("over n outliers is (|hˢ|/2π)√(det H/|det Hˢ|)·[Lˢ/L]^−(B/(ηh) + 1 − n/2), the one-dimensional law at n = 1", () => {
    for (let n = 1; n <= 4; n++) {
      const minimumCurvatures = [2, 5, 5, 5].slice(0, n);
      const saddleCurvatures = [-1.5, 3, 4, 0.5].slice(0, n);
      const determinants = minimumCurvatures.reduce((ratio, h, k) => (ratio * h) / Math.abs(saddleCurvatures[k]!), 1);
      // h* is the curvature along the way out.
      const exponent = 3 / (0.2 * 2) + 1 - n / 2;
      const expected = ((1.5 / (2 * Math.PI)) * Math.sqrt(determinants)) / (1.7 / 0.3) ** exponent;
      const { rate } = escapeRate({ ...route, minimumCurvatures, saddleCurvatures });
      expect(rate / expected).toBeCloseTo(1, 12);
      if (n === 1) {
        const oneDimensional = (Math.sqrt(2 * 1.5) / (2 * Math.PI)) * (1.7 / 0.3) ** -(0.5 + 3 / (0.2 * 2));
        expect(rate / oneDimensional).toBeCloseTo(1, 12);
      }
    }
  });

  it("loses its barrier at the critical dimension: the exponent is 0 for n = n_c = 2φ", () => {
    const dynamics = { learningRate: 0.5, batchSize: 1, curvature: 2 };
    expect(criticalDimension(dynamics)).toBe(4);
    expect(quasiStationaryExponent(dynamics)).toBe(2);
    const { exponent } = escapeRate({
      ...route,
      learningRate: 0.5,
      batchSize: 1,
      minimumCurvatures: [2, 2, 2, 2],
      saddleCurvatures: [-1, 2, 2, 2],
    });
    expect(exponent).toBeCloseTo(0, 13);
  });
});

describe("SGD itself on Gaussian regression, η = .1, B = 1", () => {
  const rate = 0.1;
  /** Mean log time until 1 + ‖θ‖² exceeds the barrier, over so many runs. */
  function meanTime(dimension: number, barrier: number, runs: number, random: () => number): number {
    let total = 0;
    for (let run = 0; run < runs; run++) {
      const theta = new Float64Array(dimension);
      for (let square = 0; 1 + square <= barrier; total += rate / runs) {
        const z = gaussian(dimension + 1, random);
        let residual = -z[dimension]!;
        for (let k = 0; k < dimension; k++) residual += theta[k]! * z[k]!;
        square = 0;
        for (let k = 0; k < dimension; k++) {
          theta[k]! -= rate * residual * z[k]!;
          square += theta[k]! ** 2;
        }
      }
    }
    return total;
  }

  // Local slopes of 60 runs each with another generator, to be met within four standard errors of both; 1/η + 1 − d/2 in the theory.
  it.each([
    [1, 10.5, [1.5, 2], [12.41]],
    [4, 9, [1.5, 2, 2.5], [7.96, 10.44]],
    [8, 7, [1.5, 2, 2.5, 3], [3.89, 4.42, 7.19]],
  ])("leaves in %d dimensions with slopes around, not at, the power %d", (dimension, power, barriers, slopes) => {
    const random = seededRandom(dimension);
    const runs = 150;
    const times = barriers.map((barrier) => meanTime(dimension, barrier, runs, random));
    slopes.forEach((slope, k) => {
      const width = Math.log(barriers[k + 1]! / barriers[k]!);
      const found = Math.log(times[k + 1]! / times[k]!) / width;
      // First-passage times over a barrier spread as their mean.
      const error = Math.sqrt(2 / runs + 2 / 60) / width;
      expect(Math.abs(found - slope)).toBeLessThan(4 * error);
      if (dimension === 1) expect(found).toBeGreaterThan(power + 0.5);
      if (dimension === 8 && k === 0) expect(found).toBeLessThan(power - 1);
    });
  });
});

describe("the probability of a quadratic well", () => {
  it.each([1, 2, 3])("is √((2πn)^q/det H)·exp(−L/n) in %d dimensions", (dimensions) => {
    const noise = boltzmannNoise({ learningRate: 0.2, batchSize: 4, variance: 2 });
    expect(noise).toBeCloseTo((0.2 * 2) / (2 * 4), 15);
    const curvatures = [8, 3, 0.5].slice(0, dimensions);
    const weight = curvatures.reduce(
      (sum, h) => sum + logBasinWeight({ loss: (t) => (h * t * t) / 2, noise, breakpoints: [-9, 0, 9] }),
      -0.1 / noise,
    );
    const determinant = curvatures.reduce((product, h) => product * h, 1);
    expect(weight).toBeCloseTo(0.5 * Math.log((2 * Math.PI * noise) ** dimensions / determinant) - 0.1 / noise, 11);
    const flat = { loss: 0.1, curvatures };
    const sharp = { loss: 0, curvatures: curvatures.map((h) => 4 * h) };
    expect(laplaceOdds(flat, sharp, noise)).toBeCloseTo(2 ** dimensions * Math.exp(-0.1 / noise), 13);
    expect(crossoverNoise(flat, sharp)).toBeCloseTo(0.1 / Math.log(2 ** dimensions), 13);
  });
});
