import "@tensorflow/tfjs";
import {
  fullyConnected,
  kernelDeviation,
  type Network,
  parametersToArrays,
  resnet,
  sequential,
  smallCnn,
  vgg,
} from "@sgdscope/models-cnn";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(() => tf.setBackend("cpu"));

describe("the variance of a kernel", () => {
  test("is 2/fan_in, 1/fan_in, 2/(fan_in + fan_out) or 0, times the square of the scale", () => {
    expect(kernelDeviation("he", 8, 2)).toBeCloseTo(Math.sqrt(2 / 8), 15);
    expect(kernelDeviation("lecun", 8, 2)).toBeCloseTo(Math.sqrt(1 / 8), 15);
    expect(kernelDeviation("glorot", 8, 2)).toBeCloseTo(Math.sqrt(2 / 10), 15);
    expect(kernelDeviation("zeros", 8, 2)).toBe(0);
    expect(kernelDeviation("he", 8, 2, 3)).toBeCloseTo(3 * Math.sqrt(2 / 8), 15);
  });

  test("refuses an unknown rule and a scale that is no number ≥ 0", () => {
    expect(() => kernelDeviation("he-ish" as "he", 8, 2)).toThrow(
      /expected init to be one of he, lecun, glorot, zeros, got "he-ish"/,
    );
    expect(() => kernelDeviation("he", 8, 2, -1)).toThrow(/expected initScale to be a finite number ≥ 0, got -1/);
  });
});

describe.each<[string, Network, Record<string, number>]>([
  [
    "3072-64-64-1 ReLU",
    fullyConnected({ inputShape: [32, 32, 3], widths: [64, 64], bias: false }),
    { "dense1.kernel": 2 / 3072, "dense2.kernel": 2 / 64, "dense3.kernel": 1 / 64 },
  ],
  [
    "tanh at twice the scale",
    fullyConnected({ inputShape: [300], widths: [200], activation: "tanh", initScale: 2 }),
    { "dense1.kernel": 4 / 300, "dense2.kernel": 4 / 200 },
  ],
  [
    "a small CNN",
    smallCnn({ outputs: 10 }),
    { "conv1.kernel": 2 / 27, "conv2.kernel": 2 / 144, "dense.kernel": 1 / 2048 },
  ],
  [
    "VGG by Glorot",
    vgg({ init: "glorot" }),
    { "conv4.kernel": 2 / (9 * 32 + 9 * 64), "dense1.kernel": 2 / (64 + 128) },
  ],
  [
    "a residual network: 2/fan_in over the number of blocks where a branch ends",
    resnet({ depth: 14, outputs: 10 }),
    { "stage1.block1.conv1.kernel": 2 / 144, "stage2.block1.conv2.kernel": 2 / 288 / 6, "dense.kernel": 1 / 64 },
  ],
])("%s starts", (_title, network, variances) => {
  test.each(Object.entries(variances))("%s with mean 0 and variance %d, within 5σ", async (name, variance) => {
    const arrays = await initial(network, 3);
    const data = Array.from(arrays[name]!.data as Float32Array);
    const n = data.length;
    const mean = data.reduce((a, b) => a + b, 0) / n;
    const second = data.reduce((a, b) => a + b * b, 0) / n;
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / n));
    // The second moment of n normal numbers has standard deviation v·√(2/n).
    expect(Math.abs(second / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  });
});

describe("init", () => {
  test("starts biases and shifts at 0 and the factors of normalisation at 1", async () => {
    const arrays = await initial(vgg({ normalisation: "batch" }), 1);
    for (const [name, { data }] of Object.entries(arrays)) {
      const constant = name.endsWith("gamma") ? 1 : name.endsWith("kernel") ? undefined : 0;
      if (constant !== undefined) expect((data as Float32Array).every((value) => value === constant)).toBe(true);
    }
  });

  test("is a function of the generator alone", async () => {
    const network = smallCnn({ inputShape: [8, 8, 3], channels: [4, 8] });
    expect(await initial(network, 5)).toEqual(await initial(network, 5));
    expect(await initial(network, 5)).not.toEqual(await initial(network, 6));
  });

  test("lets the second moment grow less than e²-fold through 21 residual blocks without normalisation", async () => {
    const { inputShape, specs } = resnet({ inputShape: [8, 8, 16], depth: 44, widths: [16] });
    const blocks = specs.slice(
      2,
      specs.findIndex(({ layer }) => layer === "global-average-pool"),
    );
    expect(blocks.filter(({ layer }) => layer === "residual")).toHaveLength(21);
    const network = sequential({ inputShape, layers: [...blocks, { layer: "flatten" }] });
    const params = network.init(seededRandom(1));
    const x = tf.tensor(Float32Array.from(gaussian(8 * 8 * 8 * 16, seededRandom(2))), [8, 8, 8, 16]);
    const y = network.apply(params, x);
    const ratio = (await mean(tf.square(y))) / (await mean(tf.square(x)));
    expect(ratio).toBeGreaterThan(0.1);
    expect(ratio).toBeLessThan(Math.E ** 2);
    tf.dispose([params, x, y]);
  });
});

async function mean(values: tf.Tensor): Promise<number> {
  return (await tf.mean(values).data())[0]!;
}

async function initial(network: Network, seed: number) {
  const params = network.init(seededRandom(seed));
  const arrays = await parametersToArrays(params);
  tf.dispose(params);
  return arrays;
}
