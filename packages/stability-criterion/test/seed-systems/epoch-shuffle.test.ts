import { gaussian, seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import type { Sampling } from "../../src/index.js";
import { batchSource } from "../../src/simulation.js";
import { stationaryCovarianceWithMomentum } from "../../src/stationary.js";

/** 50 gradient noises of mean 0 and the variance 1.19255 on ℓᵢ = ½(θ + gᵢ)², batches of one. */
const [n, variance] = [50, 1.1925510685385232];
const draws = gaussian(n, seededRandom(3));
const mean = draws.reduce((a, b) => a + b) / n;
const spread = Math.sqrt(draws.reduce((sum, g) => sum + (g - mean) ** 2, 0) / n);
const noises = draws.map((g) => ((g - mean) * Math.sqrt(variance)) / spread);

/**
 * The variance k steps into an epoch, exactly: gradients of one permutation have covariance −v/(n − 1), epochs are independent.
 * Derived here.
 */
function shuffled(rate: number, k: number): number {
  const keep = 1 - rate;
  const gained = (steps: number): number => {
    const sum = (1 - keep ** steps) / rate;
    const squares = (1 - keep ** (2 * steps)) / (1 - keep ** 2);
    return (rate ** 2 * variance * (n * squares - sum ** 2)) / (n - 1);
  };
  return keep ** (2 * k) * (gained(n) / (1 - keep ** (2 * n))) + gained(k);
}

/** The steps into an epoch at which the variance is read. */
const readings = [1, 11, 21, 31, 41];

describe.each([
  [0.01, 5.993e-3, 8.9e-4],
  [0.1, 0.0628, 0.0441],
  [0.5, 0.3973, 0.383],
])("one example a step at λ = %d", (rate, fresh, epoch) => {
  const simulated = (sampling: Sampling): { value: number; error: number } => {
    const next = batchSource(n, { batchSize: 1, sampling }, seededRandom(8));
    let theta = 0;
    const blocks = Array.from({ length: 60 }, () => {
      let sum = 0;
      for (let pass = 0; pass < 240; pass++)
        for (let k = 1; k <= n; k++) {
          theta -= rate * (theta + noises[next()[0]!]!);
          if (readings.includes(k)) sum += theta ** 2 / (240 * readings.length);
        }
      return sum;
    }).slice(5);
    const value = blocks.reduce((a, b) => a + b) / blocks.length;
    return { value, error: Math.sqrt(blocks.reduce((sum, b) => sum + (b - value) ** 2, 0)) / blocks.length };
  };

  it(`has the stationary variance ${fresh} with replacement`, () => {
    const { covariance } = stationaryCovarianceWithMomentum({
      hessian: Float64Array.of(1),
      noise: Float64Array.of(variance),
      learningRate: rate,
    });
    expect(Math.abs(covariance[0]! / fresh - 1)).toBeLessThan(1e-3);
    const { value, error } = simulated("with-replacement");
    expect(Math.abs(value - covariance[0]!)).toBeLessThan(4 * error);
  });

  it(`has less in shuffled epochs, ${epoch}, which no stationary formula gives`, () => {
    const exact = readings.reduce((sum, k) => sum + shuffled(rate, k) / readings.length, 0);
    expect(Math.abs(exact / epoch - 1)).toBeLessThan(5e-3);
    const { value, error } = simulated("epoch-shuffle");
    expect(Math.abs(value - exact)).toBeLessThan(4 * error);
    expect(fresh - value).toBeGreaterThan(4 * error);
  });
});
