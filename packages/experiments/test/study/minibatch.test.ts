import { describe, expect, it } from "vitest";
import { needsBackend, study, type StudyRecords, type StudyTasks } from "../../src/index.js";

type Records = StudyRecords["minibatch"][];
async function recordsOf(task: StudyTasks["minibatch"]): Promise<Records> {
  const records: Records = [];
  for await (const one of study("minibatch", task)) records.push(one);
  return records;
}

describe("clouds of regression", () => {
  const task = { part: "cloud", spectrum: [1, 0.5], steps: 60_000, seed: 1 } as const;
  it.each([
    [0.3, 2, 0],
    [0.05, 2, 0.9],
  ])(
    "at η = %d, B = %d, β = %d have the variances and the noise of the exact theory",
    async (learningRate, batchSize, momentum) => {
      const [one] = await recordsOf({ ...task, spectrum: [...task.spectrum], learningRate, batchSize, momentum });
      if (one?.part !== "cloud") throw new Error("expected a cloud");
      expect(learningRate).toBeLessThan(one.criticalLearningRate);
      one.variances.forEach((value, j) => {
        expect(Math.abs(value / one.exactVariances[j]! - 1)).toBeLessThan(0.1);
      });
      expect(Math.abs(one.noise / one.exactNoise - 1)).toBeLessThan(0.05);
      expect(one.excessLoss).toBeCloseTo((one.variances[0]! + 0.5 * one.variances[1]!) / 2, 12);
      // At small steps every variance is η/(2B(1 − β)).
      expect(one.smallStepExcess).toBeCloseTo((1.5 * learningRate) / (4 * batchSize * (1 - momentum)), 12);
      expect(one.noiseAtMinimum).toBe(1.5 / batchSize);
    },
  );
});

describe("clouds of random features", () => {
  const task: StudyTasks["minibatch"] = {
    ...({ part: "features", examples: 16, inputs: 3, features: 4, activation: "tanh", batchSize: 2 } as const),
    ...{ fractions: [0.01, 0.3], steps: 60_000, seed: 1 },
  };
  it("have the excess of the exact theory of the data, and at small steps what noise of that covariance has", async () => {
    const [slow, fast] = await recordsOf(task);
    if (slow?.part !== "features" || fast?.part !== "features") throw new Error("expected features");
    expect(fast.learningRate / slow.learningRate).toBeCloseTo(30, 10);
    expect(Math.abs(fast.excessLoss / fast.exactExcess - 1)).toBeLessThan(0.1);
    expect(slow.gaussianExcess / slow.smallStepExcess).toBeCloseTo(1, 1);
    expect(needsBackend(task)).toBe(false);
  });
});

describe("tails of regression", () => {
  const task = {
    part: "tail",
    learningRate: 1.8,
    batchSize: 4,
    steps: 60_000,
    every: 2,
    share: 0.05,
    seed: 1,
  } as const;
  it("have Kesten's index, the same twice, and do not move", async () => {
    const [one] = await recordsOf(task);
    if (one?.part !== "tail") throw new Error("expected a tail");
    expect(one.kesten).toBeCloseTo(0.905, 3);
    expect(one.formula).toBeCloseTo(4 / 9, 12);
    expect(Math.abs(one.hill! / one.kesten - 1)).toBeLessThan(0.12);
    expect(Math.abs(one.drift!)).toBeLessThan(0.05);
    expect(await recordsOf(task)).toEqual([one]);
  });

  it("that overflow have no estimate", async () => {
    const [one] = await recordsOf({ ...task, learningRate: 5, batchSize: 64, steps: 2000 });
    expect(one).toMatchObject({ hill: null, drift: null, kesten: 0 });
  });
});
