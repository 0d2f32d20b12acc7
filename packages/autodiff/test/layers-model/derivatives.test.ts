import * as tf from "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { functionOfLayersModel, gram, hessianOperator, squareLoss } from "../../src/index.js";
import { values } from "../per-example/networks.js";

const { layers } = tf;
const seed = (k: number) => ({
  kernelInitializer: tf.initializers.heNormal({ seed: k }),
  biasInitializer: tf.initializers.randomNormal({ seed: k + 50, stddev: 0.3 }),
});

const memory = (k: number) => ({ ...seed(k), recurrentInitializer: tf.initializers.heNormal({ seed: k + 20 }) });
const twoSteps = { inputShape: [4, 2], units: 3 };

/** Layers that are rewritten or have a rule of their own. Inputs of the last are indices. */
const kinds: [string, () => tf.layers.Layer, indices?: number][] = [
  [
    "LayerNormalization of features",
    () => layers.layerNormalization({ inputShape: [5], gammaInitializer: tf.initializers.randomNormal({ seed: 1 }) }),
  ],
  [
    "LayerNormalization of two axes without scale",
    () => layers.layerNormalization({ inputShape: [3, 4], axis: [1, 2], scale: false }),
  ],
  ["SimpleRNN", () => layers.simpleRNN({ ...twoSteps, ...memory(1) })],
  [
    "SimpleRNN backwards, all steps",
    () => layers.simpleRNN({ ...twoSteps, goBackwards: true, returnSequences: true, ...memory(2) }),
  ],
  ["GRU", () => layers.gru({ ...twoSteps, ...memory(3) })],
  [
    "LSTM with dropout, all steps",
    () => layers.lstm({ ...twoSteps, dropout: 0.5, recurrentDropout: 0.5, returnSequences: true, ...memory(4) }),
  ],
  [
    "stacked cells",
    () =>
      layers.rnn({
        inputShape: [4, 2],
        cell: [layers.lstmCell({ units: 2, ...memory(5) }), layers.gruCell({ units: 3, ...memory(6) })] as never,
      }),
  ],
  [
    "Bidirectional LSTM",
    () =>
      layers.bidirectional({
        inputShape: [4, 2],
        mergeMode: "concat",
        layer: layers.lstm({ units: 2, returnSequences: true, ...memory(7) }),
      }),
  ],
  [
    "TimeDistributed Dense",
    () =>
      layers.timeDistributed({ inputShape: [4, 2], layer: layers.dense({ units: 3, activation: "tanh", ...seed(8) }) }),
  ],
  ["Embedding", () => layers.embedding({ inputShape: [4], inputDim: 6, outputDim: 3 }), 6],
  [
    "Conv2D with an activation",
    () =>
      layers.conv2d({
        inputShape: [6, 6, 2],
        filters: 2,
        kernelSize: [2, 3],
        dilationRate: [3, 2],
        padding: "same",
        activation: "tanh",
        ...seed(1),
      }),
  ],
  [
    "Conv2D without one",
    () => layers.conv2d({ inputShape: [6, 6, 2], filters: 2, kernelSize: 2, dilationRate: 2, ...seed(2) }),
  ],
  [
    "Conv2D with its channels first",
    () =>
      layers.conv2d({
        inputShape: [2, 6, 6],
        filters: 2,
        kernelSize: 2,
        dilationRate: 2,
        dataFormat: "channelsFirst",
        useBias: false,
        kernelInitializer: tf.initializers.heNormal({ seed: 3 }),
      }),
  ],
  [
    "SeparableConv2D",
    () =>
      layers.separableConv2d({
        inputShape: [6, 6, 2],
        filters: 2,
        kernelSize: 2,
        dilationRate: 2,
        depthwiseInitializer: tf.initializers.heNormal({ seed: 4 }),
        pointwiseInitializer: tf.initializers.heNormal({ seed: 5 }),
      }),
  ],
  [
    "Conv1D",
    () =>
      layers.conv1d({
        inputShape: [8, 2],
        filters: 3,
        kernelSize: 3,
        dilationRate: 2,
        activation: "sigmoid",
        ...seed(6),
      }),
  ],
];

function build(layer: tf.layers.Layer): tf.LayersModel {
  const input = tf.input({ shape: layer.batchInputShape.slice(1) });
  const y = layer.apply(input) as tf.SymbolicTensor;
  const flat = y.shape.length === 2 ? y : (layers.flatten().apply(y) as tf.SymbolicTensor);
  const outputs = layers.dense({ units: 2, activation: "tanh", ...seed(9) }).apply(flat) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs });
}

describe.each(await backendsUnderTest(["cpu", "wasm", "tensorflow"]))("layers on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
    await tf.setBackend(backend);
  });

  it.each(kinds)(
    `${backend}: %s computes what the layer computes, with K of each example alone and H·v of its gradients`,
    async (_title, first, indices) => {
      const layersModel = build(first());
      const { model, params } = functionOfLayersModel(layersModel);
      const spread = values([3, ...model.inputShape], 7);
      const inputs = indices === undefined ? spread : tf.floor(tf.mul(tf.add(spread, 1), indices / 2));
      const targets = values([3, 2], 8);
      const [own, plain] = [model.apply(params, inputs), layersModel.predict(inputs) as tf.Tensor];
      (await own.data()).forEach((value, i) => expect(value).toBeCloseTo(plain.dataSync()[i]!, 6));
      tf.dispose([own, plain]);
      // Cells keep masks of dropout from one call of the layer to the next.
      const before = tf.memory().numTensors;

      const rules = await gram(model, params, inputs);
      const loop = await gram(model, params, inputs, { fallback: "loop", check: true });
      const size = rules.gram.length;
      const scale = Math.max(...rules.gram);
      for (let at = 0; at < size; at++) expect(Math.abs(rules.gram[at]! - loop.gram[at]!)).toBeLessThan(1e-5 * scale);

      // Directional derivatives of the loss: a smooth network, so central differences of the gradient along v are good to 1e-3.
      const gradient = (at: tf.NamedTensorMap): tf.Tensor => {
        const names = Object.keys(at);
        const grads = tf.grads((...tensors: tf.Tensor[]) =>
          squareLoss(model, Object.fromEntries(names.map((name, i) => [name, tensors[i]!])), inputs, targets),
        )(names.map((name) => at[name]!));
        return tf.concat(grads.map((each) => tf.reshape(each, [-1])));
      };
      const hessian = hessianOperator(model, params, { inputs, targets });
      const v = Float64Array.from(tf.tidy(() => values([hessian.size], 11).dataSync()));
      const found = await hessian.apply(v);
      const step = 2 ** -7;
      const expected = tf.tidy(() => {
        const moved = (by: number): tf.NamedTensorMap =>
          Object.fromEntries(
            hessian.layout.map(({ name, shape, start, size }) => [
              name,
              tf.add(
                params[name]!,
                tf.tensor(
                  Float32Array.from(v.subarray(start, start + size), (each) => by * each),
                  [...shape],
                ),
              ),
            ]),
          );
        return tf.div(tf.sub(gradient(moved(step)), gradient(moved(-step))), 2 * step).dataSync();
      });
      const norm = Math.hypot(...found);
      expect(norm).toBeGreaterThan(0.01);
      found.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-3 * norm));
      hessian.dispose();
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose([params, inputs, targets, spread]);
      layersModel.dispose();
    },
  );
});
