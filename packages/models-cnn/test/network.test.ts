import "@tensorflow/tfjs";
import { fullyConnected, parametersToArrays, resnet, sequential, smallCnn, vgg } from "@sgdscope/models-cnn";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(() => tf.setBackend("cpu"));

describe("apply", () => {
  const network = smallCnn({ inputShape: [4, 4, 3], channels: [2], outputs: 1 });

  test("refuses inputs of another shape, missing parameters, and parameters of another shape", () => {
    const params = network.init(seededRandom(1));
    const [x, wrong] = [tf.zeros([2, 4, 4, 3]), tf.zeros([2, 4, 4, 1])];
    expect(() => network.apply(params, wrong)).toThrow("small-cnn 2.apply: expected x of shape n×4×4×3, got 2×4×4×1");
    const { "conv1.bias": bias, ...rest } = params;
    expect(() => network.apply(rest, x)).toThrow("parameter conv1.bias is missing");
    expect(() => network.apply({ ...rest, "conv1.bias": x }, x)).toThrow("expected conv1.bias of shape 2, got 2×4×4×3");
    tf.dispose([params, x, wrong, bias]);
  });

  test("gives a tensor of its own even where the network is the identity", async () => {
    const identity = sequential({ inputShape: [2], layers: [{ layer: "activation", function: "linear" }] });
    const x = tf.tensor2d([[1, 2]]);
    const y = identity.apply({}, x);
    x.dispose();
    expect(Array.from(await y.data())).toEqual([1, 2]);
    y.dispose();
  });

  test("records plain kernels: one product and one sum a layer", async () => {
    const tiny = fullyConnected({ inputShape: [3], widths: [4], outputs: 1 });
    const params = tiny.init(seededRandom(1));
    const x = tf.ones([2, 3]);
    const { kernels, result } = (await tf.profile(() => tiny.apply(params, x))) as unknown as {
      kernels: { name: string }[];
      result: tf.Tensor;
    };
    expect(kernels.map(({ name }) => name)).toEqual(["BatchMatMul", "Add", "Relu", "BatchMatMul", "Add"]);
    tf.dispose([params, x, result]);
  });
});

describe("calibrate", () => {
  const input = (shape: number[], seed: number): tf.Tensor =>
    tf.tensor(
      Float32Array.from(
        gaussian(
          shape.reduce((a, b) => a * b, 1),
          seededRandom(seed),
        ),
        (z) => 3 * z + 2,
      ),
      shape,
    );

  test("makes every normalised channel of the batch mean 0 and variance 1", async () => {
    const layers = [
      { layer: "conv", filters: 3, size: 3 },
      { layer: "batch-norm", epsilon: 1e-8 },
      { layer: "flatten" },
    ] as const;
    const fresh = sequential({ inputShape: [4, 4, 2], layers: [...layers] });
    const params = fresh.init(seededRandom(1));
    const x = input([6, 4, 4, 2], 1);
    const network = await fresh.calibrate(params, x);
    const y = network.apply(params, x);
    const data = await y.data();
    for (let c = 0; c < 3; c++) {
      const channel = Array.from(data).filter((_, i) => i % 3 === c);
      const mean = channel.reduce((a, b) => a + b, 0) / channel.length;
      const variance = channel.reduce((a, b) => a + (b - mean) ** 2, 0) / channel.length;
      expect(Math.abs(mean)).toBeLessThan(1e-5);
      expect(Math.abs(variance - 1)).toBeLessThan(1e-5);
    }
    tf.dispose([params, x, y]);
  });

  test("normalises layer after layer, leaves the network it was called on as it was, and leaks nothing", async () => {
    const before = tf.memory().numTensors;
    const fresh = resnet({ inputShape: [8, 8, 3], widths: [4, 6], depth: 10, normalisation: "batch" });
    const params = fresh.init(seededRandom(2));
    const x = input([5, 8, 8, 3], 2);
    const network = await fresh.calibrate(params, x);
    expect(Object.keys(network.buffers)).toEqual(Object.keys(fresh.buffers));
    expect(Array.from(fresh.buffers["norm1.mean"]!.data as Float32Array)).toEqual([0, 0, 0, 0]);
    // A second pass with the statistics in place sees what the first one saw.
    const again = await network.calibrate(params, x);
    expect(again.buffers).toEqual(network.buffers);
    const y = network.apply(params, x);
    expect((await y.data()).every(Number.isFinite)).toBe(true);
    tf.dispose([params, x, y]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("withBuffers refuses buffers that are not the network's, listing them", () => {
  const network = vgg({ inputShape: [2, 2, 1], features: [2], widths: [], normalisation: "batch" });
  const { "norm1.mean": mean, ...rest } = network.buffers;
  expect(() => network.withBuffers({ ...rest, "norm1.variance": { ...mean!, shape: [1, 2] }, extra: mean! })).toThrow(
    "vgg.withBuffers: expected the 2 arrays of the model, but norm1.mean is missing; " +
      "norm1.variance has shape 1×2 instead of 2; extra is not expected",
  );
});

test("parametersToArrays copies, in order", async () => {
  const network = fullyConnected({ inputShape: [2], widths: [2] });
  const params = network.init(seededRandom(1));
  const arrays = await parametersToArrays(params);
  expect(Object.keys(arrays)).toEqual(["dense1.kernel", "dense1.bias", "dense2.kernel", "dense2.bias"]);
  expect(arrays["dense1.kernel"]!.data).not.toBe(await params["dense1.kernel"]!.data());
  tf.dispose(params);
});
