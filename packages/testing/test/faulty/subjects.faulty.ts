// Run by suites.test.ts in a process of its own: every subject here is wrong in one way, and its suite must say so.
import "@tensorflow/tfjs";
import { type Model, testBackend, testDataset, testModel, testOperator } from "@sgdscope/testing";
import * as tf from "@tensorflow/tfjs-core";

const prepare = () => tf.setBackend("cpu");

/** f(x) = tanh(x)·w with one fault. */
const linear =
  (fault: Partial<Model>): (() => Model) =>
  () => ({
    name: "linear",
    inputShape: [3],
    outputs: 2,
    init: (random) => ({
      w: tf.tensor2d(
        Float32Array.from({ length: 6 }, () => random() - 0.5),
        [3, 2],
      ),
    }),
    apply: ({ w }, x) => tf.tidy(() => tf.matMul(tf.tanh(x as tf.Tensor2D), w as tf.Tensor2D)),
    ...fault,
  });
let calls = 0;

testModel("sound", linear({}), { prepare });
testModel("nameless", linear({ name: "" }), { prepare });
testModel("unseeded", linear({ init: () => ({ w: tf.fill([3, 2], ++calls) }) }), { prepare });
testModel("misshapen", linear({ outputs: 3 }), { prepare });
testModel(
  "forgetful",
  linear({ apply: ({ w }, x) => tf.tidy(() => tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D).add(++calls * 1e-2)) }),
  { prepare },
);
testModel(
  "coupled",
  linear({ apply: ({ w }, x) => tf.tidy(() => tf.matMul(tf.sub<tf.Tensor2D>(x, tf.mean(x, 0)), w as tf.Tensor2D)) }),
  { prepare },
);
testModel("leaky", linear({ apply: ({ w }, x) => tf.matMul(tf.tanh(x as tf.Tensor2D), w as tf.Tensor2D) }), {
  prepare,
});
const wrongGradient = tf.customGrad((x: tf.Tensor | tf.GradSaveFunc) => ({
  value: tf.tanh(x as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.mul(dy, 2),
}));
testModel(
  "misdirected",
  linear({ apply: ({ w }, x) => tf.tidy(() => wrongGradient(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D))) }),
  { prepare },
);
testModel(
  "unconnected",
  linear({ init: (random) => ({ w: tf.fill([3, 2], random()), unused: tf.scalar(random()) }) }),
  { prepare },
);

const dataset = {
  name: "d",
  size: 2,
  inputShape: [2],
  outputs: 1,
  inputs: Float32Array.of(1, 2, 3, 4),
  targets: Float32Array.of(1, -1),
};
testDataset("sound data", () => dataset);
testDataset("short", () => ({ ...dataset, targets: Float32Array.of(1) }));
testDataset("infinite", () => ({ ...dataset, inputs: Float32Array.of(1, 2, Infinity, 4) }));
testDataset("repeating", () => ({ ...dataset, inputs: Float32Array.of(1, 2, 1, 2) }));
testDataset("mislabelled", () => ({ ...dataset, labels: Uint8Array.of(1) }));
testDataset("changing", () => ({ ...dataset, inputs: Float32Array.of(1, 2, 3, ++calls) }));
testDataset("sizeless", () => ({ ...dataset, size: 0, inputs: new Float32Array(0), targets: new Float32Array(0) }));

/** x ↦ Ax for A = [[2, 1], [1, 3]] with one fault. */
const operator =
  (apply: (x: Float64Array, y: Float64Array) => Float64Array, size = 2) =>
  () => ({
    size,
    apply: (x: Float64Array) => Promise.resolve(apply(x, Float64Array.of(2 * x[0]! + x[1]!, x[0]! + 3 * x[1]!))),
  });
const dense = [2, 1, 1, 3];
testOperator(
  "sound operator",
  operator((_, y) => y),
  { dense, positive: true },
);
testOperator(
  "skew",
  operator((x, y) => ((y[0]! += x[1]!), y)),
);
testOperator(
  "affine",
  operator((_, y) => ((y[0]! += 1), y)),
);
testOperator(
  "drifting",
  operator((_, y) => y.map((value) => value * (1 + ++calls * 1e-3))),
);
testOperator(
  "other",
  operator((_, y) => y),
  { dense: [2, 1, 1, 4] },
);
testOperator(
  "negative",
  operator((_, y) => y.map((value) => -value)),
  { positive: true },
);
testOperator(
  "truncated",
  operator((_, y) => y.slice(0, 1)),
);

const relu = tf.getKernel("Relu", "cpu");
testBackend("broken", async () => {
  await prepare();
  tf.unregisterKernel("Relu", "cpu");
  tf.registerKernel({ ...relu, kernelFunc: (args) => tf.getKernel("Elu", "cpu").kernelFunc(args) });
});
