import { describe, expect, it } from "vitest";
import { reluTask } from "../../src/claims/settings.js";
import { needsBackend, study, type StudyRecords, type StudyTasks } from "../../src/index.js";

type Records = StudyRecords["power-law"][];
const walks: Extract<StudyTasks["power-law"], { part: "walks" }> = {
  ...{ part: "walks", noise: "sgd", dimension: 1, learningRate: 0.1, batchSize: 1, levels: [], walks: 0, maxSteps: 0 },
  ...{ longSteps: 0, every: 20, seed: 1 },
};

async function recordsOf(task: StudyTasks["power-law"]): Promise<Records> {
  const records: Records = [];
  for await (const one of study("power-law", task)) records.push(one);
  return records;
}

describe("walks on linear regression", () => {
  it.each([
    ["sgd", 1, 0.1 / (2 - 0.1 * 3)],
    ["gaussian", 1, 0.1 / (2 - 0.1 * 3)],
    ["decoupled", 1, 0.1 / (2 - 0.1 * 2)],
    ["sgd", 3, (3 * 0.1) / (2 - 0.1 * 5)],
    ["gaussian", 3, (3 * 0.1) / (2 - 0.1 * 5)],
    ["decoupled", 3, (3 * 0.1) / (2 - 0.1 * 4)],
  ] as const)("by %s in %d dimensions have the exact mean square %d", async (noise, dimension, exact) => {
    const [one] = await recordsOf({ ...walks, noise, dimension, longSteps: 200_000 });
    // About 10⁴ independent points.
    expect(one).toMatchObject({ part: "walks", times: [] });
    expect((one as { meanSquare: number }).meanSquare / exact).toBeGreaterThan(0.93);
    expect((one as { meanSquare: number }).meanSquare / exact).toBeLessThan(1.07);
  });

  it("of batches of four have a quarter of the noise", async () => {
    const [one] = await recordsOf({ ...walks, batchSize: 4, longSteps: 100_000 });
    const exact = 0.1 / 4 / (2 - 0.1 * 1.5);
    expect(Math.abs((one as { meanSquare: number }).meanSquare / exact - 1)).toBeLessThan(0.08);
  });

  it("say when a level was not reached in time, and the same twice", async () => {
    const task = { ...walks, learningRate: 0.4, levels: [1.5, 1e6], walks: 5, maxSteps: 20_000 };
    const [one] = await recordsOf(task);
    const { times, power } = one as { times: (number | null)[]; power: unknown };
    expect(times[0]).toBe(null); // The first walk spent all steps on the second level.
    expect(times[1]).toBe(null);
    expect(power).toBe(null);
    const [reached] = await recordsOf({ ...task, levels: [1.5] });
    expect((reached as { times: number[] }).times[0]).toBeGreaterThan(0.4);
    expect(await recordsOf({ ...task, levels: [1.5] })).toEqual([reached]);
  });

  it("need no backend", () => {
    expect(needsBackend(walks)).toBe(false);
    expect(needsBackend({ part: "barriers", wells: [], basins: [] })).toBe(false);
  });
});

describe("barriers of small steps", () => {
  it("have the known times, and with additive noise those of Kramers", async () => {
    const [well, basin] = await recordsOf({
      part: "barriers",
      wells: [{ lossAtMinimum: 0.25, temperature: 0.1 }],
      basins: [{ dimension: 2, temperature: 0.2, levels: [100, 200] }],
    });
    expect(well).toMatchObject({ part: "well" });
    const { time, rate, additiveTime } = well as { time: number; rate: number; additiveTime: number };
    expect(time).toBeCloseTo(6534.109167, 3);
    expect(time * rate).toBeCloseTo(1.01556, 4);
    // D = T·L* = 1/40, ΔL = 1/4: 2π/√2·e^{ΔL/D}, within the correction of a finite D.
    expect(additiveTime / (Math.SQRT2 * Math.PI * Math.exp(10))).toBeGreaterThan(1);
    expect(additiveTime / (Math.SQRT2 * Math.PI * Math.exp(10))).toBeLessThan(1.15);
    expect(basin).toMatchObject({ exponent: 5 });
  });
});

describe("the strength of the noise", () => {
  it("of the square loss is 2L·Tr G where residuals do not know of the curvature, and has both numbers of its point", async () => {
    const start = reluTask({ count: 8, width: 6, learningRate: 0.01, batchSize: 2, seed: 1 });
    const records = (await recordsOf({ part: "strength", start, at: [0, 50] })) as Extract<
      Records[number],
      { part: "strength" }
    >[];
    expect(records.map(({ step, loss }) => [step, loss])).toEqual([
      [0, "square"],
      [50, "square"],
    ]);
    expect(records[1]!.value).toBeLessThan(records[0]!.value);
    for (const { strength, decoupledStrength, value } of records) {
      expect(strength / decoupledStrength).toBeGreaterThan(0.3);
      expect(strength / decoupledStrength).toBeLessThan(3);
      expect(decoupledStrength).toBeGreaterThan(value);
    }
  });

  it("has no records where the training diverges", async () => {
    const start = reluTask({
      count: 8,
      width: 6,
      learningRate: 100,
      batchSize: 8,
      seed: 1,
      model: { kind: "linear" },
      clipNorm: 1e9,
    });
    expect(await recordsOf({ part: "strength", start, at: [0, 200] })).toEqual([]);
  });
});
