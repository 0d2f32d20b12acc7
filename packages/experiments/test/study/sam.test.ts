import { seededRandom } from "@sgdscope/random";
import { train } from "@sgdscope/sgd";
import { openSubject, type ClosedFormTask } from "@sgdscope/training";
import { describe, expect, it } from "vitest";
import { reluTask } from "../../src/claims/settings.js";
import { study, type StudyRecords } from "../../src/index.js";

const startOf = (more: Partial<ClosedFormTask>): ClosedFormTask =>
  reluTask({ count: 8, width: 6, learningRate: 0.01, batchSize: 8, seed: 1, clipNorm: 1e9, ...more });

async function recordsOf(start: ClosedFormTask, rho: number, at: number[]): Promise<StudyRecords["sam"][]> {
  const records: StudyRecords["sam"][] = [];
  for await (const record of study("sam", { start, rho, at })) records.push(record);
  return records;
}

describe("a training against the edge of SAM", () => {
  it("has the gradient, the curvature and the edge of the point where it stands", async () => {
    const start = startOf({ optimizer: "sam", rho: 0.1 });
    const [first, later] = await recordsOf(start, 0.1, [0, 30]);
    expect([first!.step, later!.step]).toEqual([0, 30]);
    const subject = await openSubject(start, seededRandom(start.seed));
    await train(subject.trainee, {
      ...{ learningRate: 0.01, batchSize: 8, maxSteps: 30, random: seededRandom(start.seed).stream("batches") },
      optimizer: { kind: "sam", rho: 0.1 },
    });
    const { gram, residuals, examples: n } = await subject.system();
    const times = (vector: Float64Array): Float64Array =>
      vector.map((_, i) => vector.reduce((sum, value, j) => sum + gram[i * n + j]! * value, 0));
    const square = times(residuals).reduce((sum, value, i) => sum + value * residuals[i]!, 0) / n ** 2;
    expect(later!.gradientNorm).toBeCloseTo(Math.sqrt(square), 9);
    let vector = new Float64Array(n).fill(1);
    let value = 0;
    for (let k = 0; k < 2000; k++) {
      const image = times(vector);
      value = Math.hypot(...image) / n;
      vector = image.map((each) => each / (value * n));
    }
    expect(later!.largestEigenvalue / value).toBeCloseTo(1, 9);
    const { samEdge, gradientNorm } = later!;
    expect(0.01 * samEdge * (1 + (0.1 * samEdge) / gradientNorm)).toBeCloseTo(2, 9);
    subject.dispose();
  });

  it("may be one of gradient descent, whose edge goes to 0 with its gradient", async () => {
    const records = await recordsOf(startOf({}), 0.1, [0, 4000]);
    expect(records.map(({ optimizer, rho }) => [optimizer, rho])).toEqual([
      ["sgd", 0.1],
      ["sgd", 0.1],
    ]);
    expect(records[1]!.samEdge).toBeLessThan(records[0]!.samEdge / 100);
  });

  it("has no records where it diverges", async () => {
    expect(
      await recordsOf(
        startOf({ optimizer: "sam", rho: 0.1, learningRate: 100, model: { kind: "linear" } }),
        0.1,
        [0, 200],
      ),
    ).toEqual([]);
  });
});
