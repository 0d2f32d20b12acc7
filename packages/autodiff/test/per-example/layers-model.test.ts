import * as tf from "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { functionOfLayersModel, gram, perExampleGradients } from "../../src/index.js";
import { relativeError } from "../fixtures.js";
import { inputsOf, jacobianOf, outer, values } from "./networks.js";

const backends = await backendsUnderTest(["cpu", "wasm", "tensorflow"]);

/** Linear convolutions and dense layers with bias run as fused kernels, under a custom gradient. */
function layersModel(): tf.LayersModel {
  const input = tf.input({ shape: [7, 7, 2] });
  const conv = tf.layers.conv2d({ filters: 3, kernelSize: 3, strides: 2, padding: "same" }).apply(input);
  const separate = tf.layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2 }).apply(conv);
  const normal = tf.layers.batchNormalization({}).apply(separate);
  const tanh = tf.layers.activation({ activation: "tanh" }).apply(normal);
  const again = tf.layers.conv2d({ filters: 4, kernelSize: 2, useBias: false }).apply(tanh);
  const pooled = tf.layers.maxPooling2d({ poolSize: 2, strides: 1 }).apply(again);
  const hidden = tf.layers.dense({ units: 5, activation: "elu" }).apply(tf.layers.flatten().apply(pooled));
  const outputs = tf.layers.dense({ units: 2 }).apply(hidden);
  return tf.model({ inputs: input, outputs: outputs as tf.SymbolicTensor });
}

describe.each(backends)("a LayersModel on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
    await tf.setBackend(backend);
  });

  it("has per-example gradients and a Gram matrix through its fused layers", async () => {
    const layers = layersModel();
    const { model, params } = functionOfLayersModel(layers);
    const moved = Object.fromEntries(
      Object.entries(params).map(([name, { shape }], i) => [name, values(shape, i + 1)]),
    );
    const x = inputsOf(model, 4);
    const before = tf.memory().numTensors;
    const rows = perExampleGradients(model, moved, x);
    const found = await gram(model, moved, x, { chunkBytes: 50_000, check: true });
    const jacobian = await jacobianOf(model, moved, x);
    expect(relativeError(await rows.data(), jacobian)).toBeLessThan(1e-4);
    expect(relativeError(found.gram, outer(jacobian, 8))).toBeLessThan(1e-5);
    rows.dispose();
    expect(tf.memory().numTensors).toBe(before);
    layers.dispose();
    tf.dispose([params, moved, x]);
  });
});
