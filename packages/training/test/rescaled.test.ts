import { prepareBackend } from "@sgdscope/compute";
import { gram } from "@sgdscope/autodiff";
import { seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { modelFromConfig } from "@sgdscope/models-cnn";
import { datasetOf, openSubject, type ClosedFormTask, type MinimumTask } from "../src/index.js";
import { taskOfSettings } from "../src/node.js";

beforeAll(async () => {
  await prepareBackend("wasm");
});

/** The arguments of `gram` for the network of a task, which has no buffers, at these parameters. */
async function modelAndData(
  task: MinimumTask,
  parameters: tf.NamedTensorMap,
): Promise<[ReturnType<typeof modelFromConfig>, tf.NamedTensorMap, Float32Array]> {
  return [modelFromConfig(task.model), parameters, (await datasetOf(task.data)).inputs];
}

const arrayOf = ({ shape, size }: tf.Tensor, value: number) => ({ shape, data: new Float32Array(size).fill(value) });

describe("the system of a preconditioned optimizer", () => {
  it("is JP⁻¹Jᵀ of a closed form: with P = s it is K/s, and it scales columns", async () => {
    const task = {
      data: { kind: "sphere", inputs: 3, count: 5, teacher: { kind: "relu", neurons: 2 }, seed: 1 },
      model: { kind: "two-layer-relu", width: 4 },
      seed: 1,
    } as unknown as ClosedFormTask;
    const subject = await openSubject(task, seededRandom(1));
    const { gram: K, residuals } = await subject.system();
    const P = subject.parameters;
    const same = await subject.preconditionedSystem({ parameters: { shape: [P], data: new Float64Array(P).fill(4) } });
    expect(same.residuals).toEqual(residuals);
    same.gram.forEach((value, k) => expect(value).toBeCloseTo(K[k]! / 4, 12));
    const { model, X } = subject.closedForm!;
    const J = model.jacobian(subject.closedForm!.parameters, X);
    const scales = Float64Array.from({ length: P }, (_, k) => 1 + k);
    const found = await subject.preconditionedSystem({ parameters: { shape: [P], data: scales } });
    for (let i = 0; i < 5; i++)
      for (let j = 0; j < 5; j++) {
        let sum = 0;
        for (let k = 0; k < P; k++) sum += (J[i * P + k]! * J[j * P + k]!) / scales[k]!;
        expect(found.gram[i * 5 + j]).toBeCloseTo(sum, 12);
      }
  });

  it.each(["fully-connected", "small-cnn"])("is the sum of K of each parameter over its P, of %s", async (kind) => {
    const task: MinimumTask = taskOfSettings({
      ...{ data: { kind: "synthetic", count: 6 }, learningRate: 0.01, batchSize: 2 },
      model: kind === "small-cnn" ? { kind, channels: [2, 3] } : { kind, widths: [5] },
    });
    const tensors = tf.memory().numTensors;
    const subject = await openSubject(task, seededRandom(1));
    const held = tf.memory().numTensors;
    const trainee = subject.trainee as unknown as { parameters: tf.NamedTensorMap };
    const names = Object.keys(trainee.parameters);
    const preconditioner = Object.fromEntries(
      names.map((name, k) => [name, arrayOf(trainee.parameters[name]!, 2 + k)]),
    );
    const found = await subject.preconditionedSystem(preconditioner);
    expect(tf.memory().numTensors).toBe(held);
    const { gram: K } = await subject.system();
    const parts = await gram(...(await modelAndData(task, trainee.parameters)), { perParameter: true });
    const expected = new Float64Array(K.length);
    names.forEach((name, k) => parts.parameters![name]!.forEach((value, o) => (expected[o]! += value / (2 + k))));
    const ones = Object.fromEntries(names.map((name) => [name, arrayOf(trainee.parameters[name]!, 1)]));
    const same = await subject.preconditionedSystem(ones);
    const largest = Math.max(...K);
    same.gram.forEach((value, k) => expect(Math.abs(value - K[k]!) / largest).toBeLessThan(1e-5));
    found.gram.forEach((value, k) => expect(Math.abs(value - expected[k]!) / largest).toBeLessThan(1e-5));
    subject.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
