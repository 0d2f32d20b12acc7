import { seededRandom } from "@sgdscope/random";
import { exactThreshold } from "@sgdscope/stability-criterion";
import { openSubject, trainSubject } from "@sgdscope/training";
import { describe, expect, it } from "vitest";
import { reluTask } from "../../src/claims/settings.js";
import { study, type StudyRecords, type StudyTasks } from "../../src/index.js";
import { between } from "../../src/study/between.js";

const start = reluTask({
  ...{ count: 6, width: 20, learningRate: 1, batchSize: 1, seed: 1 },
  ...{ lossBelow: 1e-6, maxSteps: 400, every: 20, clipNorm: 1e9, model: { kind: "linear" } },
});
const settings = [
  { learningRate: 0.01, batchSize: 2 },
  { learningRate: 0.02, batchSize: 6 },
];

async function recordsOf(more: Partial<StudyTasks["endPoints"]> = {}): Promise<StudyRecords["endPoints"][]> {
  const records: StudyRecords["endPoints"][] = [];
  for await (const record of study("endPoints", {
    ...{ start, settings, batchSizes: [1, 6], segments: [[0, 1]] },
    ...more,
  }))
    records.push(record);
  return records;
}

describe("ends from one start", () => {
  it("are those of trainings with each rate and batch size, with the exact thresholds of others", async () => {
    const ends = (await recordsOf()).filter((one) => one.part === "end");
    for (const [k, setting] of settings.entries()) {
      const task = { ...start, ...setting };
      const subject = await openSubject(task, seededRandom(1));
      const { minimum, loss } = await trainSubject(subject, task);
      expect(ends[k]).toMatchObject({ ...setting, loss, traceG: minimum!.traceG, edgeRatio: minimum!.edgeRatio });
      const system = await subject.system();
      for (const { batchSize, criticalLearningRate } of ends[k]!.thresholds)
        expect(criticalLearningRate / exactThreshold(system, { batchSize }).criticalLearningRate).toBeCloseTo(1, 6);
      expect(ends[k]!.thresholds.map(({ batchSize }) => batchSize)).toEqual([1, 6]);
    }
  });

  it("are joined by a segment whose losses at 0 and 1 are theirs, and whose curvature is that of the model there", async () => {
    const records = await recordsOf();
    const segment = records.find((one) => one.part === "segment")!;
    const [a, b] = records.filter((one) => one.part === "end");
    const at = (position: number): number => segment.losses.find((one) => one.position === position)!.loss;
    expect(at(0)).toBe(a!.loss);
    expect(at(1)).toBe(b!.loss);
    const points: Float64Array[] = [];
    for (const setting of settings) {
      const task = { ...start, ...setting };
      const subject = await openSubject(task, seededRandom(1));
      await trainSubject(subject, task);
      points.push(subject.closedForm!.parameters.slice());
    }
    const difference = points[1]!.map((value, k) => value - points[0]![k]!);
    expect(segment.distance).toBeCloseTo(Math.hypot(...difference), 10);
    const { model, X } = (await openSubject(start, seededRandom(1))).closedForm!;
    const curvature = (theta: Float64Array): number => {
      const J = model.jacobian(theta, X);
      let sum = 0;
      for (let i = 0; i < 6; i++) {
        let slope = 0;
        for (let k = 0; k < difference.length; k++) slope += J[i * difference.length + k]! * difference[k]!;
        sum += slope ** 2;
      }
      return sum / 6 / segment.distance ** 2;
    };
    expect(segment.curvatureFrom / curvature(points[0]!)).toBeCloseTo(1, 6);
    expect(segment.curvatureTo / curvature(points[1]!)).toBeCloseTo(1, 6);
  });

  it("have no thresholds and no segment where a training diverged", async () => {
    const records = await recordsOf({ settings: [settings[0]!, { learningRate: 100, batchSize: 6 }] });
    expect(records.map(({ part }) => part)).toEqual(["end", "end"]);
    expect(records[1]).toMatchObject({ reason: "diverged", traceG: undefined, thresholds: [] });
  });
});

describe("between two snapshots", () => {
  const from = {
    parameters: { shape: [2], data: Float64Array.of(1, 2) },
    velocity: { shape: [2], data: Float64Array.of(9, 9) },
  };
  const to = { parameters: { shape: [2], data: Float64Array.of(4, 6) } };

  it("are the parameters of the line through both, without the velocity", () => {
    expect(between(from, to, 0.5)).toEqual({
      arrays: { parameters: { shape: [2], data: Float64Array.of(2.5, 4) } },
      distance: 5,
    });
    expect(between(from, to, 1).arrays["parameters"]!.data).toEqual(to.parameters.data);
    expect(between(from, to, -1).arrays["parameters"]!.data).toEqual(Float64Array.of(-2, -2));
  });

  it("refuses snapshots of other parameters", () => {
    expect(() => between(from, {}, 0.5)).toThrow("expected 2 numbers of parameters, got nothing");
    expect(() => between(from, { parameters: { shape: [1], data: Float64Array.of(1) } }, 0)).toThrow("got 1");
  });
});
