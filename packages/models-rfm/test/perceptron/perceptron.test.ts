import { seededRandom } from "@sgdscope/random";
import { describe, expect, it } from "vitest";
import {
  depletedData,
  depletedRatioExponent,
  trainPerceptron,
  type PerceptronFit,
} from "@sgdscope/models-rfm/perceptron";

describe("depletedData", () => {
  it.each([-0.5, 0, 1, 2.5, 3])(
    "has E x₁² = χ + 1 and E x₁⁴ = (χ + 1)(χ + 3), with y = sign x₁: χ = %f",
    (depletion) => {
      const size = 40_000;
      const { X, y } = depletedData({ size, inputs: 3, depletion, random: seededRandom(2) });
      const x = Float64Array.from(y, (_, i) => X[3 * i]!);
      expect(x.every((value, i) => value * y[i]! >= 0)).toBe(true);
      for (const [power, expected] of [
        [2, depletion + 1],
        [4, (depletion + 1) * (depletion + 3)],
      ] as const) {
        const powers = x.map((value) => value ** power);
        const mean = powers.reduce((a, b) => a + b) / size;
        const deviation = Math.sqrt(powers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size);
        expect(Math.abs(mean - expected)).toBeLessThan((5 * deviation) / Math.sqrt(size));
      }
      // Signs are fair, and the other coordinates standard normal.
      expect(Math.abs(y.reduce((a, b) => a + b))).toBeLessThan(5 * Math.sqrt(size));
      const others = X.filter((_, k) => k % 3 > 0);
      const square = others.reduce((sum, value) => sum + value ** 2, 0) / others.length;
      expect(Math.abs(square - 1)).toBeLessThan(5 * Math.sqrt(2 / others.length));
    },
  );

  it("refuses a density that cannot be normalised", () => {
    expect(() => depletedData({ size: 1, inputs: 1, depletion: -1, random: seededRandom(1) })).toThrow(
      "depletedData: expected a finite depletion > -1, got -1",
    );
  });
});

describe("trainPerceptron", () => {
  const data = depletedData({ size: 256, inputs: 16, depletion: 1, random: seededRandom(11) });
  const run = (learningRate: number, margin = 0): PerceptronFit =>
    trainPerceptron(data, { learningRate, margin, random: seededRandom(3) });

  it("ends where every example is fitted", () => {
    const { weights, fitted, along, across, updates, time } = run(0.5, 0.3);
    expect(fitted).toBe(true);
    for (let i = 0; i < 256; i++) {
      const f = weights.reduce((sum, w, k) => sum + w * data.X[16 * i + k]!, 0) / 4;
      expect(data.y[i]! * f).toBeGreaterThan(0.3 - 1e-12);
    }
    expect(along).toBe(weights[0]);
    expect(across).toBeCloseTo(Math.hypot(...weights.subarray(1)), 14);
    // At least one example in P must be drawn for each update.
    expect(time).toBeGreaterThan(0.5 * updates);
  });

  it("has no scale without a margin: 8 times the learning rate is exactly 8 times w and t*", () => {
    const [one, eight] = [run(1), run(8)];
    expect(eight.time / one.time).toBe(8);
    expect(eight.along / one.along).toBe(8);
    expect([...eight.weights]).toEqual(Array.from(one.weights, (w) => 8 * w));
    expect(eight.updates).toBe(one.updates);
    expect(run(8, 0.5).time / run(1, 0.5).time).not.toBe(8);
  });

  it("has no scale with batches of two either, and larger batches are a lower temperature", () => {
    const batches = (learningRate: number, batchSize: number): PerceptronFit =>
      trainPerceptron(data, { learningRate, batchSize, random: seededRandom(3) });
    const [one, eight] = [batches(1, 2), batches(8, 2)];
    expect(eight.time / one.time).toBe(8);
    expect(eight.across / one.across).toBe(8);
    expect(batches(1, 256).across).toBeLessThan(one.across);
    expect(() => batches(1, 257)).toThrow("trainPerceptron: expected batchSize of at most the 256 examples, got 257");
  });

  it.each([1, 2, 5, 24])(
    "counts expected waits: plain SGD takes as long on average, with batches of %i",
    (batchSize) => {
      const small = depletedData({ size: 24, inputs: 3, depletion: 1, random: seededRandom(4) });
      const plain = (random: () => number): number => {
        const w = new Float64Array(3);
        const outputs = (): number[] =>
          Array.from(small.y, (y, i) => y * [0, 1, 2].reduce((sum, k) => sum + w[k]! * small.X[3 * i + k]!, 0));
        let steps = 0;
        const order = small.y.map((_, i) => i);
        for (let m = outputs(); m.some((value) => value <= 0); steps++) {
          for (let j = 0; j < batchSize; j++) {
            const other = j + Math.floor((24 - j) * random());
            [order[j], order[other]] = [order[other]!, order[j]!];
          }
          for (const i of order.subarray(0, batchSize))
            if (m[i]! <= 0) for (let k = 0; k < 3; k++) w[k]! += (small.y[i]! * small.X[3 * i + k]!) / batchSize;
          m = outputs();
        }
        return steps;
      };
      const random = seededRandom(6);
      const runs = 1500;
      const times = Array.from(
        { length: runs },
        () => trainPerceptron(small, { learningRate: 1, batchSize, random }).time,
      );
      const steps = Array.from({ length: runs }, () => plain(random));
      const mean = (values: number[]): number => values.reduce((a, b) => a + b) / runs;
      const variance = (values: number[]): number => mean(values.map((value) => (value - mean(values)) ** 2));
      const error = Math.sqrt((variance(times) + variance(steps)) / runs);
      expect(Math.abs(mean(times) - mean(steps))).toBeLessThan(5 * error + 1e-12);
    },
  );

  it.each([
    [0, [64, 256, 1024]],
    [1, [256, 1024, 4096]],
    [3, [1024, 4096, 16384]],
  ])("has w₁/‖w_⊥‖ growing about as P^(1/(1 + χ)): χ = %i", (depletion, sizes) => {
    const medians = sizes.map((size) => {
      const ratios = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((seed) => {
        const random = seededRandom(seed);
        const fit = trainPerceptron(depletedData({ size, inputs: 16, depletion, random }), { learningRate: 1, random });
        return fit.along / fit.across;
      });
      return ratios.sort((a, b) => a - b)[4]!;
    });
    const slope = Math.log(medians[2]! / medians[0]!) / Math.log(sizes[2]! / sizes[0]!);
    expect(Math.abs(slope - depletedRatioExponent(depletion))).toBeLessThan(0.2);
  });

  it("stops after as many updates as allowed, and says that it has not fitted", () => {
    const { fitted, updates } = trainPerceptron(data, { learningRate: 1, maxUpdates: 3, random: seededRandom(1) });
    expect([fitted, updates]).toEqual([false, 3]);
    expect(() =>
      trainPerceptron({ X: new Float64Array(5), y: new Float64Array(2) }, { learningRate: 1, random: seededRandom(1) }),
    ).toThrow(expect.objectContaining({ code: "WRONG_LENGTH" }));
  });
});
