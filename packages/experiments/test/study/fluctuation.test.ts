import { describe, expect, it } from "vitest";
import { needsBackend, study, type StudyRecords, type StudyTasks } from "../../src/index.js";

async function recordOf<P extends "quadratic" | "network">(
  task: Extract<StudyTasks["fluctuation"], { part: P }>,
): Promise<Extract<StudyRecords["fluctuation"], { part: P }>> {
  const records: StudyRecords["fluctuation"][] = [];
  for await (const one of study("fluctuation", task)) records.push(one);
  expect(records).toHaveLength(1);
  return records[0] as never;
}

describe("a cloud on a quadratic", () => {
  it.each([
    [1.5, 0],
    [2.85, 0.9],
  ])(
    "at ηk = %d, β = %d is that of the discrete theory, four times the continuous one",
    async (learningRate, momentum) => {
      const one = await recordOf({
        ...{ part: "quadratic", curvatures: [1, 0.3], noise: [1, 0.5, 0.5, 0.8] },
        ...{ learningRate, momentum, steps: 100_000, seed: 1 },
      });
      expect(one.sharpness).toBeCloseTo(1.5, 12);
      expect(one.discrete[0]! / one.continuous[0]!).toBeCloseTo(4, 10);
      one.variances.forEach((value, a) => {
        expect(Math.abs(value / one.discrete[a]! - 1)).toBeLessThan(0.05);
      });
      const scale = Math.sqrt(one.discrete[0]! * one.discrete[1]!);
      expect(Math.abs(one.mixed - one.discreteMixed) / scale).toBeLessThan(0.03);
    },
  );
});

describe("a cloud at a minimum of a network", () => {
  const task = (sampling: "without-replacement" | "epoch-shuffle") =>
    ({
      ...({ part: "network", examples: 120, inputs: 3, width: 1, labelNoise: 0.05, batchSize: 12, sampling } as const),
      ...{ sharpness: 0.3, steps: 30_000, seed: 1 },
    }) satisfies StudyTasks["fluctuation"];
  it("of independent batches is the exact one along every eigenvector, of shuffled epochs the closed one", async () => {
    const fresh = await recordOf(task("without-replacement"));
    expect(fresh.gradientNorm).toBeLessThan(1e-11);
    expect(fresh.learningRate * fresh.curvatures[0]!).toBeCloseTo(0.3, 12);
    fresh.variances.forEach((value, a) => {
      expect(Math.abs(value / fresh.exact[a]! - 1)).toBeLessThan(0.12);
      expect(fresh.exact[a]).toBeGreaterThan(fresh.fixedNoise[a]!);
      expect(fresh.fixedNoise[a]).toBeGreaterThan(fresh.continuous[a]!);
      // The loss doubles at ½kt² = L, but for what is not quadratic.
      expect(fresh.widths[a]! / (2 * Math.sqrt((2 * fresh.loss) / fresh.curvatures[a]!))).toBeCloseTo(1, 0);
    });
    const shuffled = await recordOf(task("epoch-shuffle"));
    expect(shuffled.exact).toEqual(fresh.exact);
    shuffled.variances.forEach((value, a) => {
      // Along flat directions what moves with the residuals adds to it.
      expect(value / shuffled.shuffled[a]!).toBeGreaterThan(0.8);
      if (a === 0) expect(value / shuffled.shuffled[a]!).toBeLessThan(1.2);
      expect(value).toBeLessThan(fresh.variances[a]!);
    });
    expect(needsBackend(task("epoch-shuffle"))).toBe(false);
  });
});
