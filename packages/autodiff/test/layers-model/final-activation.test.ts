import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { functionOfLayersModel, gram } from "../../src/index.js";
import { values } from "../second-order/conformance.js";

let count = 0;
beforeAll(async () => {
  await prepareBackend("wasm");
});
beforeEach(() => {
  count = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(count);
});

const dense = (units: number, activation: "softmax" | "sigmoid" | "linear") =>
  tf.layers.dense({ units, activation, name: "head", kernelInitializer: tf.initializers.heNormal({ seed: 3 }) });
const hidden = () => tf.layers.dense({ units: 4, inputShape: [3], activation: "tanh", name: "hidden" });

const models: [string, "softmax" | "sigmoid", () => tf.LayersModel, string][] = [
  [
    "a dense layer",
    "softmax",
    () => tf.sequential({ layers: [hidden(), dense(3, "softmax")] }),
    'softmax of Dense "head"',
  ],
  ["a sigmoid", "sigmoid", () => tf.sequential({ layers: [hidden(), dense(1, "sigmoid")] }), 'sigmoid of Dense "head"'],
  [
    "a layer of its own",
    "softmax",
    () =>
      tf.sequential({
        layers: [hidden(), dense(3, "linear"), tf.layers.activation({ activation: "softmax", name: "last" })],
      }),
    'softmax of Activation "last"',
  ],
  [
    "a Softmax layer in a graph",
    "softmax",
    () => {
      const input = tf.input({ shape: [3] });
      const logits = dense(3, "linear").apply(input) as tf.SymbolicTensor;
      return tf.model({
        inputs: input,
        outputs: tf.layers.softmax({ name: "last" }).apply(logits) as tf.SymbolicTensor,
      });
    },
    'softmax of Softmax "last"',
  ],
];

it.each(models)(
  "the last activation is left out where it is %s, and stays in the model",
  async (_, before, make, leftOut) => {
    const layersModel = make();
    const x = tf.tensor(values(15, 7), [5, 3]);
    const whole = functionOfLayersModel(layersModel);
    const bare = functionOfLayersModel(layersModel, { before });
    expect(bare.model.leftOut).toBe(leftOut);
    expect(whole.model.leftOut).toBeUndefined();
    const logits = bare.model.apply(bare.params, x);
    const outputs = whole.model.apply(whole.params, x);
    const again = before === "softmax" ? tf.softmax(logits as tf.Tensor2D) : tf.sigmoid(logits);
    const [found, expected] = [await again.data(), await outputs.data()];
    found.forEach((value, k) => expect(value).toBeCloseTo(expected[k]!, 6));
    // The rules of single examples know what is left.
    const kernel = await gram(bare.model, bare.params, x);
    expect(Math.max(...kernel.gram)).toBeGreaterThan(0);
    tf.dispose([x, logits, outputs, again, whole.params, bare.params]);
    layersModel.dispose();
  },
);

it("nothing is left out where the last activation is another, or none", () => {
  for (const activation of ["linear", "sigmoid"] as const) {
    const layersModel = tf.sequential({ layers: [hidden(), dense(3, activation)] });
    const { model, params } = functionOfLayersModel(layersModel, { before: "softmax" });
    expect(model.leftOut).toBeUndefined();
    tf.dispose(params);
    layersModel.dispose();
  }
});
