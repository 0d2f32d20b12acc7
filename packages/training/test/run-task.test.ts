import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { datasetOf } from "../src/data.js";
import { imagesOf, runMinimumTask, trainingDefaults, type MinimumTask } from "../src/index.js";

const task: MinimumTask = {
  ...trainingDefaults,
  data: { kind: "synthetic", classes: 2, count: 16, targets: "plus-minus-one", seed: 0 },
  model: { kind: "fully-connected", inputShape: [32, 32, 3], widths: [8], outputs: 1, bias: false },
  learningRate: 0.02,
  batchSize: 2,
  alignmentAt: [0, 10, 30, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000, 8000, 12_000],
  warmUp: 50,
  every: 50,
  hessianProducts: 48,
};

beforeAll(async () => {
  await prepareBackend("wasm");
});

describe("runMinimumTask", () => {
  it("is a function of the task, interpolates look-alike images, and leaves no tensors", async () => {
    const tensors = tf.memory().numTensors;
    const first = await runMinimumTask(task);
    const second = await runMinimumTask(task);
    expect(tf.memory().numTensors).toBe(tensors);
    expect({ ...second.record, seconds: 0 }).toEqual({ ...first.record, seconds: 0 });
    expect(second.arrays).toEqual(first.arrays);
    const { record } = first;
    expect(record).toMatchObject({
      reason: "interpolated",
      interpolates: true,
      backend: "wasm",
      gradientDescent: false,
    });
    const { frobeniusH, frobeniusG, alignmentFactor, directionAlignment, noiseMagnitude } = record.minimum!;
    expect(Math.abs(frobeniusH!.value - frobeniusG)).toBeLessThan(0.05 * frobeniusG + 4 * frobeniusH!.standardError); // H = G at a minimum
    expect(alignmentFactor).toBeCloseTo(directionAlignment! * noiseMagnitude!, 10);
    expect(record.alignment.map(({ step }) => step)).toEqual(
      [...task.alignmentAt.filter((step) => step < record.steps), record.steps].filter(
        (step, k, all) => step !== all[k - 1],
      ),
    );
  });

  it("trains on random labels: the same images, half of the labels another, by the seed", async () => {
    const data = { ...task.data, randomLabels: { seed: 3 } };
    const [truth, random] = [await datasetOf(task.data), await datasetOf(data)];
    expect(random.inputs).toEqual(truth.inputs);
    expect(random.labels.filter((label, i) => label !== truth.labels[i])).toHaveLength(8);
    expect(random.name).toBe(`${truth.name}, random labels`);
    const { record } = await runMinimumTask({ ...task, data, maxSteps: 20, alignmentAt: [0], measured: false });
    expect(record.data).toBe(random.name);
    expect((await datasetOf(data)).targets).toEqual(random.targets);
    expect((await datasetOf({ ...data, randomLabels: { seed: 4 } })).targets).not.toEqual(random.targets);
  });

  it("takes other classes and look-alikes where the source says so", () => {
    expect(imagesOf({ kind: "cifar10", classes: [3, 5], offset: 7 }, 20)).toEqual({
      kind: "cifar10",
      classes: [3, 5],
      offset: 7,
      count: 20,
      targets: "plus-minus-one",
    });
    expect(imagesOf({ kind: "cifar10", classes: [3, 5] }, 20, 10)).toMatchObject({
      classes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    });
    expect(imagesOf({ kind: "synthetic", seed: 9 }, 20)).toMatchObject({ seed: 9 });
  });

  it("knows gradient descent, which has no noise and no bound", async () => {
    const { record } = await runMinimumTask({ ...task, batchSize: 16, maxSteps: 100, alignmentAt: [] });
    expect(record.gradientDescent).toBe(true);
    expect(record.minimum).toMatchObject({ samplingFactor: 0, frobeniusLimit: undefined });
    expect(record.minimum!.criticalLearningRate).toBeCloseTo(2 / record.minimum!.largestEigenvalue, 6);
  });

  it("reports divergence as a record", async () => {
    const { record } = await runMinimumTask({ ...task, learningRate: 1e6, clipNorm: 1e30, warmUp: 0, alignmentAt: [] });
    expect(record).toMatchObject({ reason: "diverged", minimum: undefined, interpolates: false });
  });

  it("calibrates batch normalisation once and gives its statistics back", async () => {
    const model = { kind: "resnet", inputShape: [32, 32, 3], depth: 8, outputs: 1, normalisation: "batch" } as never;
    const { arrays, record } = await runMinimumTask({
      ...task,
      model,
      maxSteps: 2,
      every: 1,
      alignmentAt: [],
      hessianProducts: 0,
    });
    expect(Object.keys(arrays).length).toBeGreaterThan(record.minimum === undefined ? 0 : 10);
    expect(Object.keys(arrays).some((name) => /variance/.test(name))).toBe(true);
  });
});
