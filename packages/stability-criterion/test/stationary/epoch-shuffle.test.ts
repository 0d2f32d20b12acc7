import { describe, expect, it } from "vitest";
import { epochShuffleVariance, stationaryCovarianceWithMomentum } from "../../src/stationary.js";

const permutations = (items: number[]): number[][] =>
  items.length <= 1
    ? [items]
    : items.flatMap((one, k) => permutations(items.filter((_, j) => j !== k)).map((rest) => [one, ...rest]));

describe("the variance of shuffled epochs", () => {
  it.each([
    [0.3, 2],
    [0.05, 3],
    [1.6, 4],
    [1, 4],
  ])("is that of every order of the batches, ηk = %d, M = %d", (rate, M) => {
    // Noises of mean 0; E δ² at the start of an epoch is a fixed point, for epochs are independent and have mean 0.
    const noises = [1, -2, 0.5, 3].slice(0, M);
    const mean = noises.reduce((a, b) => a + b) / M;
    const centred = noises.map((g) => g - mean);
    const noise = centred.reduce((sum, g) => sum + g * g, 0) / M;
    const [eta, k] = [rate / 2, 2];
    const orders = permutations([...centred.keys()]);
    const gained = Array.from({ length: M }, (_, i) => {
      let sum = 0;
      for (const order of orders) {
        let delta = 0;
        for (const batch of order.slice(0, i + 1)) delta -= eta * (k * delta + centred[batch]!);
        sum += delta * delta;
      }
      return sum / orders.length;
    });
    const keep = 1 - rate;
    const start = gained[M - 1]! / (1 - keep ** (2 * M));
    const expected = gained.reduce((sum, g, i) => sum + keep ** (2 * (i + 1)) * start + g, 0) / M;
    const found = epochShuffleVariance({ curvature: k, noise, learningRate: eta, batchesPerEpoch: M });
    expect(found / expected).toBeCloseTo(1, 12);
  });

  it.each([
    [0.01, 8.9e-4],
    [0.1, 0.0441],
    [0.5, 0.383],
  ])("at λ = %d, fifty batches is about the %d that was simulated", (learningRate, simulated) => {
    const found = epochShuffleVariance({ curvature: 1, noise: 1.1925510685385232, learningRate, batchesPerEpoch: 50 });
    expect(Math.abs(found / simulated - 1)).toBeLessThan(0.03);
  });

  it("is that of independent batches where an epoch is long, and in proportion to the curvature where it is short", () => {
    const one = { noise: 1, learningRate: 0.1 };
    const independent = stationaryCovarianceWithMomentum({
      hessian: Float64Array.of(4),
      noise: Float64Array.of(1),
      learningRate: 0.1,
    }).covariance[0]!;
    expect(epochShuffleVariance({ ...one, curvature: 4, batchesPerEpoch: 100_000 }) / independent).toBeCloseTo(1, 3);
    const flat = (curvature: number): number =>
      epochShuffleVariance({ ...one, noise: curvature, curvature, batchesPerEpoch: 10 });
    expect(flat(1e-6) / flat(1e-9)).toBeCloseTo(1000, 2);
  });

  it("refuses a rate beyond the edge and epochs of one batch", () => {
    const one = { curvature: 2, noise: 1, learningRate: 0.1, batchesPerEpoch: 4 };
    expect(() => epochShuffleVariance({ ...one, learningRate: 1 })).toThrow(/below 2\/options.curvature = 1, got 1/);
    expect(() => epochShuffleVariance({ ...one, batchesPerEpoch: 1 })).toThrow(/at least 2, got 1/);
  });
});
