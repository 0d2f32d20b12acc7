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

/** Dilated layers of every kind, each followed by something smooth or by nothing. */
const kinds: [string, () => tf.layers.Layer][] = [
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

const build = (first: () => tf.layers.Layer): tf.LayersModel =>
  tf.sequential({ layers: [first(), layers.flatten(), layers.dense({ units: 2, activation: "tanh", ...seed(9) })] });

describe.each(await backendsUnderTest(["cpu", "wasm", "tensorflow"]))("a dilated %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
    await tf.setBackend(backend);
  });

  it.each(kinds)(
    `${backend}: %s computes what the layer computes, with K of each example alone and H·v of its gradients`,
    async (_title, first) => {
      const layersModel = build(first);
      const { model, params } = functionOfLayersModel(layersModel);
      const inputs = values([3, ...model.inputShape], 7);
      const targets = values([3, 2], 8);
      const before = tf.memory().numTensors;
      const [own, plain] = [model.apply(params, inputs), layersModel.predict(inputs) as tf.Tensor];
      (await own.data()).forEach((value, i) => expect(value).toBeCloseTo(plain.dataSync()[i]!, 6));
      tf.dispose([own, plain]);

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
      const v = Float64Array.from(values([hessian.size], 11).dataSync());
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
      expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1);
      tf.dispose([params, inputs, targets]);
      layersModel.dispose();
    },
  );
});
