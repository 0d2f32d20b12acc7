import { prepareBackend } from "@sgdscope/compute";
import { seededRandom } from "@sgdscope/random";
import { updateOf, vectorTrainee, type Optimizer } from "@sgdscope/sgd";
import { tensorTrainee } from "@sgdscope/sgd/tensor";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { leastSquares } from "../problems.js";

const optimizers: Optimizer[] = [
  { kind: "sgd" },
  { kind: "sgd", weightDecay: 0.1 },
  { kind: "heavy-ball", momentum: 0.9 },
  { kind: "heavy-ball", momentum: 0.9, dampening: 0.4, weightDecay: 0.05 },
  { kind: "nesterov", momentum: 0.8, weightDecay: 0.1 },
  { kind: "ema", momentum: 0.9 },
  { kind: "adam", beta1: 0.8, beta2: 0.95, epsilon: 1e-3 },
  { kind: "adam", weightDecay: 0.1 },
  { kind: "rmsprop", momentum: 0.5, centered: true },
  { kind: "rmsprop", alpha: 0.9 },
];

describe.each(optimizers)("the update of %j", (optimizer) => {
  it.each([Infinity, 0.5])("is what a step of any rate takes from the parameters, clipped at %d", async (clipNorm) => {
    const problem = leastSquares(6, 4, 1);
    const trainee = vectorTrainee(problem);
    const batch = Int32Array.of(1, 4, 4);
    for (let t = 0; t < 5; t++) {
      const before = await trainee.snapshot();
      const gradient = new Float64Array(4);
      problem.gradient(trainee.parameters, batch, gradient);
      const update = updateOf(
        optimizer,
        before,
        gradient.map((g) => g / 3),
        { clipNorm },
      );
      for (const learningRate of [0.01, 0.3]) {
        trainee.restore(before);
        const start = trainee.parameters.slice();
        trainee.step(batch, { learningRate, optimizer, clipNorm, divisor: 3 });
        start.forEach((value, k) => expect(trainee.parameters[k]).toBeCloseTo(value - learningRate * update[k]!, 12));
      }
    }
  });
});

describe("updateOf", () => {
  it("takes the parameters of a network in the order of their names", async () => {
    await prepareBackend("cpu");
    const random = seededRandom(3);
    const params = { second: tf.tensor2d([[1, -2]]), first: tf.tensor1d([0.5]) };
    const trainee = tensorTrainee(
      { apply: ({ second, first }, x) => tf.add(tf.matMul(x as tf.Tensor2D, tf.transpose(second!)), first!) },
      {
        size: 3,
        outputs: 1,
        inputShape: [2],
        inputs: Float32Array.from({ length: 6 }, random),
        targets: Float32Array.of(1, 2, 3),
      },
      params,
    );
    const optimizer: Optimizer = { kind: "heavy-ball", momentum: 0.9 };
    const step = (learningRate: number): void =>
      trainee.step(Int32Array.of(0, 2), { learningRate, optimizer, clipNorm: Infinity, divisor: 2 });
    step(0.1);
    const before = await trainee.snapshot();
    const velocity = [...before["velocity/second"]!.data, ...before["velocity/first"]!.data];
    expect([...updateOf(optimizer, before, Float64Array.of(1, 2, 3))]).toEqual(velocity.map((m, k) => 0.9 * m + k + 1));
    trainee.dispose();
    tf.dispose(params);
  });

  it("refuses a gradient of other parameters and a clip of 0", () => {
    const arrays = { parameters: { shape: [2], data: Float64Array.of(1, 2) } };
    expect(() => updateOf({ kind: "sgd" }, arrays, Float64Array.of(1))).toThrow(
      "updateOf: expected arrays of 1 parameters, as many as the gradient has, got 2",
    );
    expect(() => updateOf({ kind: "sgd" }, arrays, Float64Array.of(1, 2), { clipNorm: 0 })).toThrow(
      "updateOf: expected clipNorm > 0, got 0",
    );
  });
});
