import { prepareBackend } from "@sgdscope/compute";
import { lossNamed, type LossOptions } from "@sgdscope/noise-structure/losses";
import { gaussian, seededRandom } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { train } from "@sgdscope/sgd";
import { lossGradient, tensorTrainee } from "@sgdscope/sgd/tensor";

const [n, d, C] = [9, 4, 3];
const inputs = Float32Array.from(gaussian(n * d, seededRandom(5)));
const start = Float32Array.from(gaussian(d * C, seededRandom(6)));
const oneHot = Float32Array.from({ length: n * C }, (_, a) => (a % C === Math.floor(a / C) % C ? 1 : 0));
const linear = { apply: (params: tf.NamedTensorMap, x: tf.Tensor) => tf.matMul(x, params["w"]!) };

const cases: [string, LossOptions, Float32Array][] = [
  ["square", {}, oneHot],
  ["cross-entropy", {}, oneHot],
  ["cross-entropy", { labelSmoothing: 0.2 }, oneHot],
  ["logistic", {}, oneHot],
  ["logistic", { labelSmoothing: 0.2 }, oneHot],
  ["huber", { delta: 0.5 }, oneHot],
  ["pseudo-huber", { delta: 0.5 }, oneHot],
  ["poisson", {}, oneHot.map((y, a) => y + (a % 3))],
];

let before = 0;
beforeAll(async () => {
  await prepareBackend("wasm");
});
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(before);
});

describe.each(cases)("training by the loss %s %o", (id, options, targets) => {
  const { value } = lossNamed(id, options);
  const dataset = { size: n, inputShape: [d], outputs: C, inputs, targets };
  const outputsOf = (w: ArrayLike<number>, i: number): Float64Array =>
    Float64Array.from({ length: C }, (_, c) =>
      inputs.subarray(i * d, (i + 1) * d).reduce((sum, x, k) => sum + x * w[k * C + c]!, 0),
    );
  const target = (i: number): Float32Array => targets.subarray(i * C, (i + 1) * C);

  it("has the mean of its values, and steps along its gradient by central differences", async () => {
    const w = tf.tensor(start, [d, C]);
    const trainee = tensorTrainee(linear, dataset, { w }, { loss: { gradient: lossGradient(id, options), value } });
    w.dispose();
    const examples = Array.from({ length: n }, (_, i) => i);
    const mean = (w: ArrayLike<number>, batch: number[]): number =>
      batch.reduce((sum, i) => sum + value(outputsOf(w, i), target(i)), 0) / batch.length;
    expect(await trainee.loss()).toBeCloseTo(mean(start, examples), 5);
    const batch = [1, 4, 4, 7];
    trainee.step(Int32Array.from(batch), {
      learningRate: 0.1,
      optimizer: { kind: "sgd" },
      clipNorm: Infinity,
      divisor: batch.length,
    });
    const moved = await trainee.parameters["w"]!.data();
    const h = 1e-6;
    for (let k = 0; k < d * C; k++) {
      const at = (step: number): number => mean(Float64Array.from(start).with(k, start[k]! + step), batch);
      expect(moved[k]).toBeCloseTo(start[k]! - (0.1 * (at(h) - at(-h))) / (2 * h), 5);
    }
    trainee.dispose();
  });
});

it("cross-entropy falls below 0.01 on separable data, and a network that diverged has no loss", async () => {
  const dataset = {
    size: C,
    inputShape: [C],
    outputs: C,
    inputs: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
    targets: oneHot.slice(0, 9),
  };
  const w = tf.zeros([C, C]);
  const loss = { gradient: lossGradient("cross-entropy"), value: lossNamed("cross-entropy").value };
  const trainee = tensorTrainee(linear, dataset, { w }, { loss });
  const random = seededRandom(1);
  const { reason } = await train(trainee, {
    ...{ learningRate: 1, batchSize: 1, sampling: "without-replacement", random, maxSteps: 5000 },
    stop: { lossBelow: 0.01, every: 100 },
  });
  expect(reason).toBe("interpolated");
  const broken = {
    ...linear,
    apply: (params: tf.NamedTensorMap, x: tf.Tensor) => tf.mul(linear.apply(params, x), NaN),
  };
  const diverged = tensorTrainee(broken, dataset, { w }, { loss });
  expect(await diverged.loss()).toBeNaN();
  trainee.dispose();
  diverged.dispose();
  w.dispose();
});

it("refuses the gradient of a loss that is not there", () => {
  expect(() => lossGradient("hinge")).toThrow(/lossGradient: expected one of square, cross-entropy, .*, got hinge/);
});
