import { describe, expect, it } from "vitest";
import {
  exactThreshold,
  expectedLoss,
  pathExponent,
  prepareMinimum,
  spectralRadius,
  StabilityError,
  type Sampling,
} from "../../src/index.js";
import { batchSource, lyapunovExponent, simulateResiduals } from "../../src/simulation.js";
import { lossOf, problem, randomProblem, realizable, seededRandom, stepResiduals } from "../support/problems.js";

const modes: Sampling[] = ["with-replacement", "without-replacement", "bernoulli", "epoch-shuffle"];

describe.each(modes)("batches, %s", (sampling) => {
  it("hold every example, and every pair, as often as they should", () => {
    const [examples, batchSize, draws] = [5, 2, 40000];
    const next = batchSource(examples, { batchSize, sampling }, seededRandom(2));
    const counts = new Float64Array(examples * examples);
    let [ofOtherSize, withRepeats] = [0, 0];
    for (let t = 0; t < draws; t++) {
      const batch = [...next()];
      if (batch.length !== batchSize) ofOtherSize++;
      if (new Set(batch).size < batch.length) withRepeats++;
      for (const i of batch) for (const j of batch) counts[i * examples + j]! += 1 / draws;
    }
    if (sampling !== "bernoulli") expect(ofOtherSize).toBe(0);
    if (sampling !== "with-replacement") expect(withRepeats).toBe(0);
    // E[mᵢmⱼ] of the multiplicities: B/n on the diagonal, plus the pairs.
    const pairs = { "with-replacement": 2 / 25, bernoulli: 4 / 25 }[sampling as string] ?? 2 / 20;
    for (let i = 0; i < examples; i++)
      for (let j = 0; j < examples; j++) {
        const own = sampling === "with-replacement" ? 2 / 5 + 2 / 25 : 2 / 5;
        expect(Math.abs(counts[i * examples + j]! - (i === j ? own : pairs))).toBeLessThan(5 * Math.sqrt(1 / draws));
      }
  });

  it("move the residuals as a step of linearised SGD does", () => {
    const random = seededRandom(6);
    const { system } = randomProblem(random, 1, { examples: 6, parameters: 5, outputs: 2 });
    const options = { batchSize: 2, sampling };
    const next = batchSource(system.examples, options, seededRandom(9));
    let residuals = system.residuals.slice();
    const { losses, residuals: end } = simulateResiduals(system, {
      ...options,
      learningRate: 0.05,
      steps: 20,
      random: seededRandom(9),
    });
    for (let t = 0; t < 20; t++) {
      expect(losses[t]! / lossOf(residuals, system.examples)).toBeCloseTo(1, 10);
      const weights = Array.from({ length: system.examples }, () => 0);
      for (const i of next()) weights[i]! += 1 / 2;
      residuals = stepResiduals(system, residuals, weights, 0.05);
    }
    const scale = Math.max(...residuals.map(Math.abs));
    end.forEach((value, k) => expect(Math.abs(value - residuals[k]!)).toBeLessThan(1e-11 * scale));
  });
});

it("an epoch visits every example once", () => {
  const next = batchSource(7, { batchSize: 2, sampling: "epoch-shuffle" }, seededRandom(1));
  for (let epoch = 0; epoch < 5; epoch++)
    expect(new Set(Array.from({ length: 3 }, () => [...next()]).flat()).size).toBe(6);
});

describe.each(modes.slice(0, 3))("simulated paths, %s", (sampling) => {
  it("have the exact expected loss in the mean, below the threshold", () => {
    const random = seededRandom(12);
    const system = realizable(randomProblem(random, 0, { examples: 8, parameters: 4 }), random);
    const learningRate = 0.4 * exactThreshold(system, { batchSize: 2, sampling }).criticalLearningRate;
    const options = { batchSize: 2, sampling, learningRate, steps: 6 };
    const { losses } = expectedLoss(system, options);
    const paths = Array.from({ length: 4000 }, () => simulateResiduals(system, { ...options, random }).losses);
    for (let t = 1; t <= 6; t++) {
      const mean = paths.reduce((sum, path) => sum + path[t]!, 0) / paths.length;
      const variance = paths.reduce((sum, path) => sum + (path[t]! - mean) ** 2, 0) / (paths.length - 1);
      expect(Math.abs(mean - losses[t]!)).toBeLessThan(5 * Math.sqrt(variance / paths.length));
    }
  });

  it("grow no faster than ½ log ρ(Q)", () => {
    for (let seed = 0; seed < 4; seed++) {
      const random = seededRandom(30 + seed);
      const minimum = prepareMinimum(randomProblem(random, seed, { examples: 8, parameters: 4 }).system);
      const learningRate = 1.5 * exactThreshold(minimum, { batchSize: 1, sampling }).criticalLearningRate;
      const found = lyapunovExponent(minimum, { batchSize: 1, sampling, learningRate, random, steps: 1500, paths: 8 });
      const { growthRate } = spectralRadius(minimum, learningRate, { batchSize: 1, sampling });
      expect(found.value).toBeLessThan(growthRate / 2 + 4 * found.standardError);
    }
  });
});

describe("the Lyapunov exponent", () => {
  it.each([0.3, 0.6, 1.1, 1.3])("of a = {1, 5} at η = %d is E log|1 − ηaᵢ|", (learningRate) => {
    const { system } = problem([1, Math.sqrt(5)], [1, 1]);
    const found = lyapunovExponent(system, { batchSize: 1, learningRate, random: seededRandom(4), paths: 20 });
    expect(found.standardError).toBeGreaterThan(0);
    expect(found.standardError).toBeLessThan(0.02);
    expect(Math.abs(found.value - pathExponent([1, 5], learningRate))).toBeLessThan(4 * found.standardError);
    expect(found.steps).toBe(20 * 2500);
  });

  it("of the full batch is that of its slowest direction, without error", () => {
    const { system } = problem([2, 0, 0, 1], [1, 1]);
    const found = lyapunovExponent(system, { batchSize: 2, learningRate: 0.4, random: seededRandom(4), paths: 3 });
    expect(found.value).toBeCloseTo(Math.log(0.8), 12);
    expect(found.standardError).toBeLessThan(1e-12);
  });

  it("is below 0 between the mean-square threshold and where paths grow: paths return while the mean explodes", () => {
    const { system } = problem([1, Math.sqrt(5)], [1, Math.sqrt(5)]);
    const options = { batchSize: 1, learningRate: 0.8 };
    expect(exactThreshold(system, options).criticalLearningRate).toBeLessThan(0.5);
    expect(expectedLoss(system, { ...options, steps: 100 }).losses[100]).toBeGreaterThan(1e30);
    const random = seededRandom(8);
    const ends = Array.from(
      { length: 21 },
      () => simulateResiduals(system, { ...options, steps: 400, random }).losses[400]!,
    );
    expect(ends.sort((a, b) => a - b)[10]).toBeLessThan(1e-10);
  });

  it("is −∞ where a path hits the minimum", () => {
    const { system } = problem([1], [1]);
    const found = lyapunovExponent(system, { batchSize: 1, learningRate: 1, random: seededRandom(1) });
    expect(found.value).toBe(-Infinity);
  });
});

it.each([
  ["more than n in a batch", { batchSize: 4 }, "BATCH_TOO_LARGE"],
  ["a learning rate of 0", { learningRate: 0 }, "INVALID_ARGUMENT"],
  ["half a step", { steps: 0.5 }, "INVALID_ARGUMENT"],
])("refuses %s", (_, change, code) => {
  const { system } = problem([1, 0, 1, 0, 2, 0, 1, 1, 0], [1, -1, 2]);
  const options = { batchSize: 1, learningRate: 0.1, steps: 3, random: seededRandom(1), ...change };
  for (const call of [() => simulateResiduals(system, options), () => lyapunovExponent(system, options)])
    expect(call).toThrow(expect.objectContaining({ name: StabilityError.name, code }) as Error);
});

describe("the exponent of paths with one example and one direction", () => {
  const { system } = problem([2], [1]);
  const exponentAt = (learningRate: number, options = {}): ReturnType<typeof lyapunovExponent> =>
    lyapunovExponent(system, { learningRate, batchSize: 1, random: seededRandom(3), ...options });

  it("is log |1 − ηλ| without scatter, on either side of the minimum", () => {
    for (const learningRate of [0.1, 0.4, 0.6]) {
      const { value, standardError } = exponentAt(learningRate, { steps: 50, paths: 3 });
      expect(value).toBeCloseTo(Math.log(Math.abs(1 - 4 * learningRate)), 12);
      expect(standardError).toBeLessThan(1e-12);
    }
  });

  it("counts the steps of all paths, those before the average included", () => {
    expect(exponentAt(0.1).steps).toBe(16 * (500 + 2000));
    expect(exponentAt(0.1, { steps: 10 }).steps).toBe(16 * (3 + 10));
    expect(exponentAt(0.1, { steps: 10, burnIn: 0, paths: 2 }).steps).toBe(2 * 10);
  });

  it("is −∞ where a path hits the minimum, after the steps until then", () => {
    expect(exponentAt(0.25, { steps: 10, burnIn: 5 })).toEqual({ value: -Infinity, standardError: 0, steps: 1 });
  });

  it.each([
    ["learningRate", { learningRate: 0 }],
    ["steps", { steps: 0 }],
    ["burnIn", { burnIn: -1 }],
    ["paths", { paths: 1 }],
  ])("is refused without sensible %s", (name, options) =>
    expect(() => exponentAt(0.1, options)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(`lyapunovExponent: expected options.${name}`) as string,
      }),
    ),
  );
});
