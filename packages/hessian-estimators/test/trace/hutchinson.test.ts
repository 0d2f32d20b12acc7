import { rademacher, seededRandom } from "@sgdscope/random";
import { hutchinsonTrace } from "@sgdscope/hessian-estimators";
import { describe, expect, test } from "vitest";
import { dense, deviation, diagonal, generator, mean, sum, withSpectrum } from "../support.js";

const spectrum = Array.from({ length: 60 }, (_, i) => 10 / (i + 1) - 0.5);
const operator = withSpectrum(spectrum);
const truth = sum(spectrum);

describe("hutchinsonTrace", () => {
  test("is the mean of vᵀAv over the Rademacher probes of its generator", async () => {
    const random = seededRandom(5);
    const terms: number[] = [];
    for (let probe = 0; probe < 12; probe++) {
      const v = rademacher(60, random);
      const product = await operator.apply(v);
      terms.push(v.reduce((total, x, i) => total + x * product[i]!, 0));
    }
    const estimate = await hutchinsonTrace(operator, { random: seededRandom(5), maxMatvecs: 12 });
    expect(estimate.value).toBeCloseTo(mean(terms), 10);
    expect(estimate.standardError).toBeCloseTo(deviation(terms) / Math.sqrt(12), 10);
    expect(estimate).toMatchObject({ matvecs: 12, samples: 12, converged: true });
  });

  test.each(["rademacher", "gaussian"] as const)(
    "is unbiased with the variance of theory, %s probes",
    async (probes) => {
      const values: number[] = [];
      for (let seed = 0; seed < 400; seed++)
        values.push((await hutchinsonTrace(operator, { random: generator(seed), maxMatvecs: 10, probes })).value);
      expect(Math.abs(mean(values) - truth)).toBeLessThan((4 * deviation(values)) / Math.sqrt(400));
      const squares = sum(operator.matrix.map((x) => x * x));
      const onDiagonal = sum(spectrum.map((_, i) => operator.matrix[i * 61]! ** 2));
      const variance = (2 * (squares - (probes === "rademacher" ? onDiagonal : 0))) / 10;
      // The sample deviation of 400 nearly normal values is within 4/√800 = 14 % of the true one.
      expect(Math.abs(deviation(values) / Math.sqrt(variance) - 1)).toBeLessThan(0.15);
    },
  );

  test("has a standard error that covers: two of them hold the truth in 90 to 98 % of 400 runs", async () => {
    let held = 0;
    for (let seed = 0; seed < 400; seed++) {
      const { value, standardError } = await hutchinsonTrace(operator, { random: generator(seed), maxMatvecs: 24 });
      if (Math.abs(value - truth) <= 2 * standardError) held++;
    }
    expect(held / 400).toBeGreaterThan(0.9);
    expect(held / 400).toBeLessThan(0.98);
  });

  test("is exact from one probe where the matrix is diagonal, and says so", async () => {
    const entries = Array.from({ length: 40 }, (_, i) => i - 7);
    const estimate = await hutchinsonTrace(diagonal(entries), { random: seededRandom(1), maxMatvecs: 5 });
    expect(estimate.value).toBeCloseTo(sum(entries), 10);
    expect(estimate.standardError).toBeLessThan(1e-12);
  });

  test("sees no spread in identical probes", async () => {
    const estimate = await hutchinsonTrace(operator, { random: () => 0.25, maxMatvecs: 9 });
    expect(estimate.value).toBeCloseTo(sum(operator.matrix), 9);
    expect(estimate.standardError).toBeLessThan(1e-12 * Math.abs(estimate.value));
  });

  test("computes the exact trace when the budget suffices for it", async () => {
    const estimate = await hutchinsonTrace(operator, { random: seededRandom(1), maxMatvecs: 60 });
    expect(estimate).toMatchObject({ standardError: 0, matvecs: 60, samples: 0 });
    expect(estimate.value).toBeCloseTo(truth, 10);
  });

  test.each([
    [1, [3.5]],
    [2, [1, -4]],
  ])("needs no more products than size %i", async (size, entries) => {
    const estimate = await hutchinsonTrace(diagonal(entries), { random: seededRandom(1), relativeError: 0.01 });
    expect(estimate).toMatchObject({ value: sum(entries), standardError: 0, matvecs: size });
  });

  test("is zero for the zero operator, without error", async () => {
    const estimate = await hutchinsonTrace(dense(new Float64Array(2500), 50), {
      random: seededRandom(1),
      relativeError: 0.01,
    });
    expect(estimate).toMatchObject({ value: 0, standardError: 0, matvecs: 8, converged: true });
  });
});
