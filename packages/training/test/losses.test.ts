import { prepareBackend } from "@sgdscope/compute";
import { lossNamed } from "@sgdscope/noise-structure/losses";
import { runId } from "@sgdscope/runs";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { datasetOf, examplesOfTask, runMinimumTask, trainingDefaults, type MinimumTask } from "../src/index.js";
import { taskOfSettings } from "../src/node.js";

beforeAll(async () => {
  await prepareBackend("wasm");
});

const settings = (more: Record<string, unknown>): Record<string, unknown> => ({
  data: { kind: "synthetic", classes: 2, count: 16 },
  model: { kind: "fully-connected", widths: [8] },
  learningRate: 0.02,
  batchSize: 2,
  warmUp: 50,
  every: 50,
  maxSteps: 1500,
  hessianProducts: 12,
  ...more,
});

describe("the task of a loss", () => {
  it("is named without it where it is the square one, so that runs keep their names", () => {
    const plain = taskOfSettings(settings({}));
    expect(taskOfSettings(settings({ loss: "square" }))).toEqual(plain);
    expect(plain).not.toHaveProperty("loss");
    expect(plain.lossBelow).toBe(trainingDefaults.lossBelow);
    expect(runId(taskOfSettings(settings({ loss: "logistic" })))).not.toBe(runId(plain));
  });

  it("has an output per class under cross-entropy, and a goal that such losses reach", () => {
    const task = taskOfSettings(settings({ loss: "cross-entropy", labelSmoothing: 0.1 }));
    expect(task).toMatchObject({ loss: "cross-entropy", labelSmoothing: 0.1, lossBelow: 1e-6 });
    expect(taskOfSettings(settings({ loss: "cross-entropy" })).lossBelow).toBe(1e-3);
    expect([task.data.targets, task.model]).toMatchObject(["one-hot", { outputs: 2 }]);
    const logistic = taskOfSettings(settings({ loss: "logistic", lossBelow: 0.1 }));
    expect([logistic.data.targets, logistic.model, logistic.lossBelow]).toMatchObject([
      "plus-minus-one",
      { outputs: 1 },
      0.1,
    ]);
  });

  it.each([
    [{ loss: "hinge" }, /loss.*expected one of square, cross-entropy, logistic, pseudo-huber/],
    [{ labelSmoothing: 0.1 }, /labelSmoothing.*expected loss cross-entropy or logistic beside it, got square/],
    [{ delta: 2 }, /delta.*expected loss pseudo-huber beside it, got square/],
  ])("is refused: %o", (more, said) => expect(() => taskOfSettings(settings(more))).toThrow(said));
});

describe("a training", () => {
  const trained = async (more: Record<string, unknown>) => {
    const task = taskOfSettings(settings(more));
    return { task, ...(await runMinimumTask({ ...task, alignmentAt: [0] })) };
  };
  /** The loss of the stored parameters on the examples, in Float64. */
  async function lossAt(
    task: MinimumTask,
    arrays: Awaited<ReturnType<typeof runMinimumTask>>["arrays"],
    id: string,
  ): Promise<number> {
    const { inputs, targets, size } = await examplesOfTask(task);
    const [first, second] = Object.values(arrays).map(({ data }) => data as Float32Array);
    const [width, hidden] = [inputs.length / size, 8];
    const outputs = second!.length / hidden;
    let sum = 0;
    for (let i = 0; i < size; i++) {
      const active = Array.from({ length: hidden }, (_, k) => {
        let z = 0;
        for (let j = 0; j < width; j++) z += inputs[i * width + j]! * first![j * hidden + k]!;
        return Math.max(0, z);
      });
      const f = Array.from({ length: outputs }, (_, c) =>
        active.reduce((total, a, k) => total + a * second![k * outputs + c]!, 0),
      );
      sum += lossNamed(id).value(f, targets.subarray(i * outputs, (i + 1) * outputs));
    }
    return sum / size;
  }

  it.each(["cross-entropy", "logistic", "pseudo-huber"])(
    "by %s makes it small, and is judged by its linearisation",
    async (loss) => {
      const tensors = tf.memory().numTensors;
      const { task, record, arrays } = await trained({
        loss,
        ...(loss === "pseudo-huber" ? { lossBelow: 1e-4 } : { lossBelow: 0.2, learningRate: 0.1 }),
      });
      expect(tf.memory().numTensors).toBe(tensors);
      expect(record.reason).toBe("interpolated");
      expect(record.loss).toBeLessThan(task.lossBelow);
      expect(record).not.toHaveProperty("excessLoss");
      expect(record.loss / (await lossAt(task, arrays, loss))).toBeCloseTo(1, 3);
      const { marks, edgeRatio, frobeniusH, frobeniusG } = record.minimum!;
      expect(marks).toContain("gauss-newton");
      expect(marks).not.toContain("loss-floor");
      expect(edgeRatio).toBeGreaterThan(0);
      expect(frobeniusH!.value).toBeGreaterThan(0.3 * frobeniusG);
      expect(record.alignment[0]!.loss).toBeGreaterThan(2 * record.loss);
      expect(record.alignment.at(-1)!.loss).toBeCloseTo(record.loss, 5);
    },
  );

  it.each<[string, number]>([
    ["cross-entropy", 3],
    ["logistic", 2],
  ])("by %s of smoothed labels ends where what is over their entropy is small", async (loss, classes) => {
    const { task, record } = await trained({
      ...{ loss, labelSmoothing: 0.2, lossBelow: 1e-5, learningRate: 0.1, hessianProducts: 0 },
      data: { kind: "synthetic", classes, count: 16 },
      model: { kind: "fully-connected", widths: [32] },
      batchSize: 8,
    });
    const share = 0.2 / classes;
    const entropy = -(classes - 1) * share * Math.log(share) - (0.8 + share) * Math.log(0.8 + share);
    expect(record).toMatchObject({ reason: "interpolated", interpolates: true });
    expect(record.excessLoss).toBeGreaterThan(0);
    expect(record.excessLoss).toBeLessThan(task.lossBelow);
    expect(record.loss - record.excessLoss!).toBeCloseTo(entropy, 12);
    expect(record.minimum!.marks).not.toContain("vanishing-curvature");
    // Every example is fitted: of its noise nothing is left, m = Σ sᵀS⁺s/n is twice the excess to second order.
    expect(record.minimum!.naturalScale! / (2 * record.excessLoss!)).toBeCloseTo(1, 1);
  });

  it("of two classes has targets 0 and 1 under the logistic loss, ±1 under the square one", async () => {
    const task = taskOfSettings(settings({ loss: "logistic" }));
    expect(new Set((await examplesOfTask(task)).targets)).toEqual(new Set([0, 1]));
    expect(new Set((await datasetOf(task.data)).targets)).toEqual(new Set([-1, 1]));
  });
});
