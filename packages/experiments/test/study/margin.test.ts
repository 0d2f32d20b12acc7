import { seededRandom } from "@sgdscope/random";
import { prepareMinimum } from "@sgdscope/stability-criterion";
import { optimizerThreshold, type Optimizer } from "@sgdscope/stability-criterion/optimizers";
import { openSubject, type ClosedFormTask } from "@sgdscope/training";
import { describe, expect, it } from "vitest";
import { reluTask } from "../../src/claims/settings.js";
import { study, type StudyRecords } from "../../src/index.js";

const startOf = (more: Partial<ClosedFormTask>): ClosedFormTask =>
  reluTask({ count: 8, width: 6, learningRate: 0.01, batchSize: 2, seed: 1, ...more });

async function marginsOf(start: ClosedFormTask, at: number[]): Promise<StudyRecords["margin"][]> {
  const records: StudyRecords["margin"][] = [];
  for await (const record of study("margin", { start, at })) records.push(record);
  return records;
}

describe("the margin along a training", () => {
  it.each<[Partial<ClosedFormTask>, Optimizer]>([
    [{}, { kind: "sgd" }],
    [{ momentum: 0.9 }, { kind: "heavy-ball", momentum: 0.9 }],
    [
      { momentum: 0.9, nesterov: true },
      { kind: "nesterov", momentum: 0.9 },
    ],
    [
      { momentum: 0, weightDecay: 0.1 },
      { kind: "sgd", weightDecay: 0.1 },
    ],
  ])("is that of its own optimizer: %j", async (more, optimizer) => {
    const start = startOf(more);
    const [first, later] = await marginsOf(start, [0, 20]);
    const subject = await openSubject(start, seededRandom(start.seed));
    const minimum = prepareMinimum(await subject.system(), { rankTolerance: 1e-6 });
    const { criticalLearningRate } = optimizerThreshold(minimum, { optimizer, batchSize: 2 });
    expect(first!.edgeRatio).toBeCloseTo(0.01 / criticalLearningRate, 9);
    expect(later!.step).toBe(20);
    expect(later!.edgeRatio).not.toBe(first!.edgeRatio);
  });

  it("is refused where the theory has none", async () => {
    const adam = { optimizer: "adam", beta1: 0.9, beta2: 0.9, epsilon: 1e-8 } as const;
    await expect(marginsOf(startOf({ ...adam, weightDecay: 0.1 }), [5])).rejects.toThrow("got Adam with weight decay");
    await expect(marginsOf(startOf(adam), [0, 5])).rejects.toThrow("expected steps from 1 up for adam");
    expect(await marginsOf(startOf(adam), [5])).toHaveLength(1);
  });
});
