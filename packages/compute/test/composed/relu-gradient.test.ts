import * as tf from "@tensorflow/tfjs-core";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { beforeAll, describe, expect, it } from "vitest";

describe.each(await backendsUnderTest())("the gradient of a ReLU on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
  });

  const values = [-3e38, -2, -1e-30, 0, 1e-30, 0.5, 3e38];
  const read = async (tensor: tf.Tensor): Promise<number[]> => {
    const numbers = Array.from(await tensor.data(), (value) => value + 0); // no −0
    tensor.dispose();
    return numbers;
  };

  const near = (numbers: number[]): unknown[] => numbers.map((value): unknown => expect.closeTo(value, 4));

  it("is what comes in above zero, and 0 elsewhere, at zero too", async () => {
    const x = tf.tensor1d(values);
    const dy = tf.tensor1d([1, 2, 3, 4, 5, -6, 7]);
    const before = { tensors: tf.memory().numTensors, buffers: tf.engine().backend.numDataIds() };
    const gradient = tf.grad((at) => tf.relu(at))(x, dy);
    expect(tf.memory().numTensors).toBe(before.tensors + 1);
    expect(await read(gradient)).toEqual([0, 0, 0, 0, 5, -6, 7]);
    expect(tf.memory().numTensors).toBe(before.tensors);
    expect(tf.engine().backend.numDataIds()).toBe(before.buffers);
    tf.dispose([x, dy]);
  });

  it.each([[[]], [[0]], [[2, 0, 3]], [[3]], [[2, 3]], [[2, 3, 4, 5]], [[1, 2, 1, 2, 1, 2]]])(
    "is the same for every shape: %j",
    async (shape) => {
      const size = tf.util.sizeFromShape(shape);
      const x = Array.from({ length: size }, (_, i) => Math.cos(3 * i));
      const gradient = tf.tidy(() => tf.grad((at) => tf.relu(at))(tf.tensor(x, shape)));
      expect(gradient.shape).toEqual(shape);
      expect(await read(gradient)).toEqual(x.map((value) => (value > 0 ? 1 : 0)));
    },
  );

  it("can be differentiated again: Σ relu(x)³ has the derivatives 3 relu(x)² and 6 relu(x)", async () => {
    const x = tf.tensor1d([-2, -1, 0, 0.5, 3]);
    const sum = (at: tf.Tensor): tf.Tensor => tf.sum(tf.pow(tf.relu(at), 3));
    const first = tf.grad(sum);
    expect(await read(tf.tidy(() => first(x)))).toEqual(near([0, 0, 0, 0.75, 27]));
    expect(await read(tf.tidy(() => tf.grad((at) => tf.sum(first(at)))(x)))).toEqual(near([0, 0, 0, 3, 18]));
    x.dispose();
  });

  it("is one kernel where the backend has it", async () => {
    const hasKernel = tf.getKernelsForBackend(tf.getBackend()).some(({ kernelName }) => kernelName === "ReluGrad");
    expect(hasKernel).toBe(backend.startsWith("tensorflow") || backend === "wasm");
    const x = tf.tensor1d(values);
    const { kernelNames } = await tf.profile(() => {
      const gradient = tf.grad((at) => tf.relu(at))(x);
      gradient.dispose();
      return gradient;
    });
    expect(kernelNames.includes("ReluGrad")).toBe(hasKernel);
    expect(kernelNames.includes("Step")).toBe(!hasKernel);
    x.dispose();
  });
});
