import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { gram, gramSystemCost } from "../../src/index.js";
import { values } from "./networks.js";

const model = {
  inputShape: [6],
  apply: (params: tf.NamedTensorMap, x: tf.Tensor) =>
    tf.tidy(() => tf.matMul(tf.tanh(tf.matMul(x, params["first"]!)), params["second"]!)),
};

describe("gramSystemCost", () => {
  beforeAll(async () => {
    await prepareBackend("wasm");
  });

  it("knows the memory of K exactly, gives a time, and leaves no tensors behind", async () => {
    const before = tf.memory().numTensors;
    const params = { first: values([6, 5], 1), second: values([5, 3], 2) };
    for (const n of [1, 7, 400]) {
      const x = values([n, 6], 3);
      const { gram: matrix } = n < 10 ? await gram(model, params, x) : { gram: { byteLength: 8 * (3 * n) ** 2 } };
      const plain = await gramSystemCost(model, params, x);
      expect(plain.size).toBe(3 * n);
      expect(plain.bytes).toBe(matrix.byteLength);
      expect(plain.seconds).toBeGreaterThan(0);
      expect(plain.deviceBytes).toBeGreaterThan(0);
      expect(plain.deviceBytes).toBeLessThanOrEqual(2 ** 28);
      const parts = await gramSystemCost(model, params, x, { perParameter: true, chunkBytes: 10_000 });
      expect(parts.bytes).toBe(3 * matrix.byteLength);
      expect(parts.deviceBytes).toBeLessThanOrEqual(10_000);
      x.dispose();
    }
    tf.dispose(params);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("takes inputs in an array, and refuses what the Gram matrix would refuse", async () => {
    const params = { first: values([6, 5], 1), second: values([5, 3], 2) };
    const inputs = new Float32Array(60).fill(0.5);
    expect(await gramSystemCost(model, params, inputs)).toMatchObject({ size: 30, bytes: 8 * 30 ** 2 });
    await expect(gramSystemCost(model, params, inputs.subarray(1))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const mixing = { ...model, apply: (at: tf.NamedTensorMap, x: tf.Tensor) => tf.softmax(model.apply(at, x), 1) };
    const across = {
      ...model,
      apply: (at: tf.NamedTensorMap, x: tf.Tensor) =>
        tf.tidy(() => tf.sub(model.apply(at, x), tf.mean(model.apply(at, x), 0))),
    };
    expect((await gramSystemCost(mixing, params, inputs)).size).toBe(30);
    await expect(gramSystemCost(across, params, inputs)).rejects.toMatchObject({ code: "MIXES_EXAMPLES" });
    tf.dispose(params);
  });
});
