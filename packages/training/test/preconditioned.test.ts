import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { analyse } from "@sgdscope/analysis";
import { perExampleGradients } from "@sgdscope/autodiff";
import { prepareBackend } from "@sgdscope/compute";
import { lockRun, openRun, runId } from "@sgdscope/runs";
import { datasetOf, type MinimumRecord } from "@sgdscope/training";
import {
  checkpointExtension,
  minimumOfRun,
  openStoredRun,
  preconditionedMinimumOfRun,
  readTrainingRun,
  taskOfSettings,
  trainInFolder,
  type StoredRun,
} from "@sgdscope/training/node";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let folder: string;
beforeAll(async () => {
  await prepareBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "sgdscope-preconditioned-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A training of a few steps, left in a folder and opened again. */
async function stored(optimizer: object): Promise<StoredRun & { record: MinimumRecord }> {
  const task = taskOfSettings({
    data: { kind: "synthetic", count: 6 },
    model: { kind: "fully-connected", widths: [3] },
    ...{ learningRate: 1e-3, batchSize: 2, warmUp: 0, maxSteps: 25, every: 25, hessianProducts: 0 },
    ...optimizer,
  });
  const id = runId(task);
  const directory = join(folder, id);
  const locked = await lockRun(directory);
  const run = await openRun<MinimumRecord>(
    directory,
    { id, task },
    { environment: {}, extension: checkpointExtension, lock: locked.lock, from: "start" },
  );
  const { record } = await trainInFolder(task, run!, { checkpointEvery: 1000 });
  await run!.finish({ state: "done", record });
  await run!.close();
  await locked.lock.release("done");
  await locked.close();
  return { ...(await openStoredRun(directory)), record: (await readTrainingRun(directory)).record! };
}

describe("a run of Adam, RMSprop or IRE", () => {
  it.each([
    [
      { optimizer: "adam", beta1: 0.8 },
      { kind: "ema", momentum: 0.8 },
    ],
    [{ optimizer: "rmsprop" }, { kind: "sgd" }],
    [{ optimizer: "ire", prog: 3 }, { kind: "sgd" }],
    [
      { optimizer: "ire", momentum: 0.5 },
      { kind: "heavy-ball", momentum: 0.5 },
    ],
    [
      { optimizer: "rmsprop", momentum: 0.5, centered: true },
      { kind: "heavy-ball", momentum: 0.5 },
    ],
  ])("has JP⁻¹Jᵀ as its Gram matrix where its second moment or mask is frozen: %j", async (settings, optimizer) => {
    const run = await stored(settings);
    const data = await datasetOf(run.task.data);
    const before = tf.memory().numTensors;
    const plain = await minimumOfRun(run, data);
    const found = (await preconditionedMinimumOfRun(run, data, { reached: plain.reached! }))!;
    expect(tf.memory().numTensors).toBe(before);
    expect(found).toMatchObject({ preconditioned: true, reached: { optimizer, learningRate: 1e-3 } });
    expect(found.reached).not.toHaveProperty("unjudged");
    expect(plain.reached).toHaveProperty("unjudged");

    const inputs = tf.tensor(data.inputs, [data.size, ...data.inputShape]);
    const gradients = perExampleGradients(run.model, run.params, inputs);
    const jacobian = Float64Array.from(await gradients.data<"float32">());
    const weights = Object.keys(run.params).flatMap((name) => [...(run.preconditioner![name]!.data as Float32Array)]);
    const P = weights.length;
    expect(jacobian.length).toBe(data.size * P);
    expect(Math.min(...weights)).toBeGreaterThan(0);
    const { gram } = found.system;
    const largest = Math.max(...gram);
    for (let i = 0; i < data.size; i++)
      for (let j = 0; j < data.size; j++) {
        let sum = 0;
        for (let k = 0; k < P; k++) sum += (jacobian[i * P + k]! * jacobian[j * P + k]!) / weights[k]!;
        expect(Math.abs(gram[i * data.size + j]! - sum)).toBeLessThan(1e-4 * largest);
      }
    // What the run keeps of itself is what is found of it afterwards.
    const { preconditioned } = run.record;
    const [condition] = (await analyse(found, { extent: "verdict" })).conditions;
    expect(preconditioned).toMatchObject({ optimizer, verdict: condition!.verdict!.verdict });
    expect(preconditioned!.edgeRatio / condition!.verdict!.edgeRatio).toBeCloseTo(1, 4);
    expect(preconditioned!.criticalLearningRate / condition!.threshold.criticalLearningRate).toBeCloseTo(1, 4);
    expect(preconditioned!.marks).toEqual(condition!.marks.map(({ id }) => id));
    expect([...found.system.residuals]).toEqual([...plain.system.residuals].map((r) => expect.closeTo(r, 4) as number));
    tf.dispose([inputs, gradients, run.params]);
  });

  it("has none with weight decay, and SGD has none", async () => {
    for (const settings of [{ optimizer: "adam", weightDecay: 0.1 }, { optimizer: "sam" }, { momentum: 0.5 }]) {
      const run = await stored(settings);
      expect(await preconditionedMinimumOfRun(run, await datasetOf(run.task.data))).toBeUndefined();
      expect(run.record).not.toHaveProperty("preconditioned");
      tf.dispose(run.params);
    }
  });
});
