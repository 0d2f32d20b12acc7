import { describe, expect, it } from "vitest";
import { needsBackend, study, type StudyRecords, type StudyTasks } from "../../src/index.js";

type Saddles = StudyRecords["saddles"];
type Training = Extract<Saddles, { peak: number }>;
type Walk = Extract<Saddles, { paths: number }>;
type Staircase = Extract<Saddles, { diffusion: number }>;

async function recordsOf<R extends Saddles>(task: StudyTasks["saddles"]): Promise<R[]> {
  const records: Saddles[] = [];
  for await (const one of study("saddles", task)) records.push(one);
  expect(records.every((one) => one.part === task.part)).toBe(true);
  return records as R[];
}

describe("modes of a deep linear network in training", () => {
  it("diffuse and drift by their equation, and arrive in time", async () => {
    const task: StudyTasks["saddles"] = {
      ...({ part: "training", depth: 2, targets: [2, 1], initial: 1e-2, seed: 1 } as const),
      ...{ learningRate: 1e-3, steps: 6000, every: 100, probes: 100 },
    };
    const records = await recordsOf<Training>(task);
    expect(records.map(({ index, target }) => [index, target])).toEqual([
      [0, 2],
      [1, 1],
    ]);
    for (const { noiseRatio, deeperRatio, driftRatio, time, flowTime, peak } of records) {
      expect(Math.abs(noiseRatio - 1)).toBeLessThan(0.15);
      expect(deeperRatio).toBeLessThan(noiseRatio);
      expect(Math.abs(driftRatio - 1)).toBeLessThan(0.25);
      expect(Math.abs(time! / flowTime! - 1)).toBeLessThan(0.15);
      expect(peak).toBeGreaterThan(0.2);
      expect(peak).toBeLessThan(0.8);
    }
    expect(needsBackend(task)).toBe(false);
  });
});

describe("a single mode", () => {
  const mode = { depth: 2, target: 1, learningRate: 0.01, noiseVariance: 30, steps: 200_000, paths: 1, seed: 1 };
  it("rests below its target, as the stationary law says", async () => {
    const [one] = await recordsOf<Walk>({ part: "rest", ...mode });
    expect(one!.lawMean).toBeCloseTo(0.8472, 4);
    expect(Math.abs(one!.mean! / one!.lawMean! - 1)).toBeLessThan(0.05);
    expect(Math.abs(one!.variance! / one!.lawVariance! - 1)).toBeLessThan(0.1);
    expect(one).toMatchObject({ growthRate: null });
  });

  it("dies out where noise is twice what it bears, and grows by the flow without", async () => {
    const walk = { ...mode, part: "growth", learningRate: 0.002, steps: 1000, paths: 300 } as const;
    const [dying] = await recordsOf<Walk>({ ...walk, noiseVariance: 1998 });
    expect(dying!.equationRate).toBeCloseTo(-1, 8);
    expect(dying!.flowRate).toBeCloseTo(1, 8);
    expect(Math.abs(dying!.growthRate! + 1)).toBeLessThan(0.3);
    const [growing] = await recordsOf<Walk>({ ...walk, noiseVariance: 0, paths: 30 });
    expect(growing!.equationRate).toBeCloseTo(1 - 0.002, 8);
    expect(Math.abs(growing!.growthRate! - 1)).toBeLessThan(0.05);
  });
});

describe("the staircase", () => {
  it("has modes that end at the singular values, one after the other, in the units of the mean over outputs", async () => {
    const records = await recordsOf<Staircase>({
      ...({ part: "staircase", width: 4, hiddenLayers: 1, examples: 16, targets: [8, 3], labelNoise: 0.1 } as const),
      ...{ smallness: 8, learningRate: 5e-3, steps: 6000, every: 50, seed: 1 },
    });
    const [first, last] = [records[0]!, records.at(-1)!];
    // Σ s²/C for whitened inputs, and what label noise adds.
    expect(Math.abs(first.loss / ((64 + 9) / 4) - 1)).toBeLessThan(0.1);
    expect(first.modes.every((w) => Math.abs(w) < 0.01)).toBe(true);
    expect(Math.abs(last.modes[0]! - 8)).toBeLessThan(0.3);
    expect(Math.abs(last.modes[1]! - 3)).toBeLessThan(0.3);
    expect(records.some(({ modes }) => modes[0]! > 7 && modes[1]! < 0.3)).toBe(true);
    expect(last.diffusion).toBeLessThan(Math.max(...records.map(({ diffusion }) => diffusion)) / 5);
  });
});
