import "@tensorflow/tfjs";
import {
  describe as summary,
  fullyConnected,
  type LayerSpec,
  lenet,
  modelFromConfig,
  type ModelConfig,
  ModelsError,
  parameterCount,
  resnet,
  sequential,
  smallCnn,
  vgg,
} from "@sgdscope/models-cnn";
import { seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { cases } from "./cases.js";

beforeAll(() => tf.setBackend("cpu"));

describe("modelFromConfig", () => {
  test.each(cases)("gives %s back from its JSON", async (_title, network) => {
    const again = modelFromConfig(JSON.parse(JSON.stringify(network.config)) as ModelConfig);
    expect(again.config).toEqual(network.config);
    expect(again.name).toBe(network.name);
    expect(again.parameters).toEqual(network.parameters);
    const params = network.init(seededRandom(1));
    const x = tf.ones([2, ...network.inputShape]);
    const [y, z] = [network.apply(params, x), again.apply(params, x)];
    expect(await z.data()).toEqual(await y.data());
    tf.dispose([params, x, y, z]);
  });

  test.each(cases)("gives %s back from its layers alone", (_title, network) => {
    const { name, inputShape, specs } = network;
    const again = sequential({ name, inputShape, layers: JSON.parse(JSON.stringify(specs)) as LayerSpec[] });
    expect(again.parameters).toEqual(network.parameters);
    expect(again.layers).toEqual(network.layers);
  });

  test("refuses a kind and an option it does not know", () => {
    expect(() => modelFromConfig({ kind: "transformer" } as never)).toThrow(
      /expected kind to be one of fully-connected, small-cnn, lenet, vgg, resnet, sequential, got "transformer"/,
    );
    expect(() => modelFromConfig({ kind: "lenet", width: 4 } as never)).toThrow(
      /expected options of lenet \(kind, name, .*widths.*\), got "width"/,
    );
  });
});

describe("parameterCount", () => {
  test.each([
    ["the small CNN of the PyTorch fixtures", smallCnn({ outputs: 10 }), 25578],
    ["its tiny sister", smallCnn({ inputShape: [8, 8, 3], channels: [4, 8], outputs: 10 }), 738],
    ["3072-64-64-1 without biases", fullyConnected({ inputShape: [3072], widths: [64, 64], bias: false }), 200768],
    [
      "LeNet-5 on 32×32 grey images, every filter seeing every channel",
      lenet({ inputShape: [32, 32, 1], outputs: 10 }),
      61706,
    ],
    ["ResNet-20 with batch normalisation", resnet({ depth: 20, outputs: 10, normalisation: "batch" }), 269722],
  ])("of %s is counted", (_title, network, count) => {
    expect(parameterCount(network.parameters)).toBe(count);
    const params = network.init(seededRandom(1));
    expect(parameterCount(params)).toBe(count);
    tf.dispose(params);
  });
});

test("describe is a table of layers, outputs and parameters", () => {
  expect(summary(resnet({ inputShape: [4, 4, 1], widths: [2, 3], depth: 6, outputs: 2 }))).toBe(
    `resnet-6: 4×4×1 → 2, 245 parameters
layer                  kind                 output  parameters
conv1                  conv                 4×4×2           20
activation1            activation           4×4×2            0
stage1.block1          residual             4×4×2            0
  stage1.block1.conv1  conv                 4×4×2           38
  activation2          activation           4×4×2            0
  stage1.block1.conv2  conv                 4×4×2           38
activation3            activation           4×4×2            0
stage2.block1          residual             2×2×3            0
  stage2.block1.conv1  conv                 2×2×3           57
  activation4          activation           2×2×3            0
  stage2.block1.conv2  conv                 2×2×3           84
  subsample1           subsample            2×2×3            0
activation5            activation           2×2×3            0
global-average-pool1   global-average-pool  3                0
dense                  dense                2                8`,
  );
});

describe("construction refuses", () => {
  test.each<[string, () => unknown, ModelsError["code"], RegExp]>([
    [
      "maps of odd size",
      () => smallCnn({ inputShape: [7, 8, 3] }),
      "SHAPE",
      /pool1: expected height and width that windows of 2 at stride 2 cover exactly, got 7×8×16; oddSizes: "drop"/,
    ],
    [
      "maps too small for a pool",
      () => smallCnn({ inputShape: [2, 2, 3], channels: [4, 4] }),
      "SHAPE",
      /pool2: expected a map of at least 2×2, got 1×1×4/,
    ],
    [
      "maps too small for a kernel",
      () => lenet({ inputShape: [4, 4, 1] }),
      "SHAPE",
      /conv conv1: expected a map of at least 5×5, got 4×4×1/,
    ],
    [
      "flat inputs of a convolution",
      () => smallCnn({ inputShape: [3072] }),
      "SHAPE",
      /conv conv1: expected an input of shape height×width×channels, got 3072/,
    ],
    [
      "maps as inputs of a dense layer",
      () => sequential({ inputShape: [2, 2, 1], layers: [{ layer: "dense", units: 1 }] }),
      "SHAPE",
      /dense dense1: expected a flat input, got 2×2×1; put a flatten layer before it/,
    ],
    [
      "an output that is a map",
      () => sequential({ inputShape: [2, 2, 1], layers: [{ layer: "conv", filters: 1, size: 1 }] }),
      "SHAPE",
      /sequential: expected the last layer to give a flat output, got 2×2×1/,
    ],
    [
      "branches that do not meet",
      () => sequential({ inputShape: [2], layers: [{ layer: "residual", branch: [{ layer: "dense", units: 3 }] }] }),
      "SHAPE",
      /residual residual1: expected branch and shortcut to end in the same shape, got 3 and 2/,
    ],
    [
      "names used twice",
      () =>
        sequential({
          inputShape: [2],
          layers: [
            { layer: "dense", units: 3, name: "a" },
            { layer: "dense", units: 3, name: "a" },
          ],
        }),
      "OPTION",
      /the name "a" is used twice/,
    ],
    [
      "unknown layers",
      () => sequential({ inputShape: [2], layers: [{ layer: "attention" } as never] }),
      "OPTION",
      /expected a known layer, got "attention"/,
    ],
    [
      "unknown activations",
      () => fullyConnected({ inputShape: [2], widths: [3], activation: "swish" as never }),
      "OPTION",
      /expected function to be one of relu, .*got "swish"/,
    ],
    [
      "widths that are no counts",
      () => fullyConnected({ inputShape: [2], widths: [0] }),
      "OPTION",
      /dense dense1: expected units to be an integer ≥ 1, got 0/,
    ],
    [
      "an empty input shape",
      () => fullyConnected({ inputShape: [], widths: [2] }),
      "OPTION",
      /expected inputShape to be a list of at least one size/,
    ],
    [
      "depths that give no whole blocks",
      () => resnet({ depth: 18 }),
      "OPTION",
      /resnet: expected depth to be 2 \+ 6·k for 3 stages, got 18/,
    ],
    [
      "even kernels with symmetric zeros",
      () =>
        sequential({ inputShape: [4, 4, 1], layers: [{ layer: "conv", filters: 1, size: 2, padding: "symmetric" }] }),
      "OPTION",
      /expected an odd size with padding "symmetric", got 2/,
    ],
    [
      "an epsilon of 0",
      () => sequential({ inputShape: [2], layers: [{ layer: "batch-norm", epsilon: 0 }] }),
      "OPTION",
      /expected epsilon to be a positive number, got 0/,
    ],
    [
      "features that are neither counts nor pools",
      () => vgg({ features: ["M" as never] }),
      "OPTION",
      /expected filters to be an integer ≥ 1, got "M"/,
    ],
  ])("%s", (_title, build, code, message) => {
    expect(build).toThrow(message);
    expect(build).toThrow(expect.objectContaining({ name: "ModelsError", code }) as Error);
  });
});
