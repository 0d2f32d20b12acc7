import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { seededRandom } from "@sgdscope/random";
import { beforeAll, describe, expect, it } from "vitest";
import { train, vectorTrainee } from "@sgdscope/sgd";
import { tensorTrainee } from "@sgdscope/sgd/tensor";
import { asDataset, leastSquares } from "@sgdscope/models-rfm";
import { tensorModel } from "@sgdscope/models-rfm/tensor";
import { everyModel, problem, relativeError } from "./problems.js";

const [n, d] = [11, 7];
const { X } = problem(n, d, 5);
const inputs = Float32Array.from(X);

beforeAll(async () => {
  tf.env().set("IS_TEST", true); // No banner.
  await tf.setBackend("cpu");
});

describe.each(everyModel(d).map((model) => [model.name, model] as const))("tensorModel of %s", (_, model) => {
  const C = model.outputs;
  const { y } = problem(n, d, 5, C);

  it("starts where the closed form starts, and goes to a vector and back", async () => {
    const tensors = tensorModel(model);
    const params = tensors.init(seededRandom(2));
    expect(Object.entries(params).map(([name, tensor]) => [name, tensor.shape])).toEqual(Object.entries(model.shapes));
    expect(await tensors.vector(params)).toEqual(Float64Array.from(model.init(seededRandom(2)), Math.fround));
    tf.dispose(params);
    tensors.dispose();
  });

  it("predicts as the closed form does, to Float32", async () => {
    const tensors = tensorModel(model);
    const theta = model.init(seededRandom(2));
    const params = tensors.tensors(theta);
    const f = tf.tidy(() => tensors.apply(params, tf.tensor(inputs, [n, d])));
    expect(f.shape).toEqual([n, C]);
    expect(relativeError(await f.data(), model.predict(theta, X))).toBeLessThan(2e-6);
    tf.dispose([f, params]);
    tensors.dispose();
  });

  it("has the closed form's Gram matrix, from one gradient an output", async () => {
    const tensors = tensorModel(model);
    const theta = model.init(seededRandom(2));
    const params = tensors.tensors(theta);
    const names = Object.keys(params);
    const J: Float64Array[] = [];
    for (let row = 0; row < n * C; row++) {
      const i = Math.floor(row / C);
      const x = tf.tensor(inputs.subarray(i * d, (i + 1) * d), [1, d]);
      const parts = tf.grads((...each: tf.Tensor[]) =>
        tensors.apply(Object.fromEntries(names.map((name, k) => [name, each[k]!])), x).slice([0, row % C], [1, 1]),
      )(Object.values(params));
      J.push(await tensors.vector(Object.fromEntries(names.map((name, k) => [name, parts[k]!]))));
      tf.dispose([x, parts]);
    }
    const gram = J.flatMap((a) => J.map((b) => a.reduce((sum, value, k) => sum + value * b[k]!, 0)));
    expect(relativeError(gram, model.gramSystem(theta, X, y).gram)).toBeLessThan(2e-6);
    tf.dispose(params);
    tensors.dispose();
  });

  it("trains along the closed form's trajectory, to Float32", async () => {
    const tensors = tensorModel(model);
    const theta = model.init(seededRandom(2));
    const params = tensors.tensors(theta);
    const exact = vectorTrainee({ parameters: theta, ...leastSquares(model, X, y) });
    const onDevice = tensorTrainee(tensors, asDataset("sphere", X, y, d, C), params);
    const options = { learningRate: 0.01, batchSize: 2, maxSteps: 100, clipNorm: 5 };
    const expected = await train(exact, { ...options, random: seededRandom(3) });
    const result = await train(onDevice, { ...options, random: seededRandom(3) });
    expect(relativeError(await tensors.vector(onDevice.parameters), exact.parameters)).toBeLessThan(1e-5);
    expect(result.loss / expected.loss).toBeCloseTo(1, 4);
    onDevice.dispose();
    tf.dispose(params);
    tensors.dispose();
  });

  it("leaves nothing of a prediction but the prediction", () => {
    const tensors = tensorModel(model);
    const params = tensors.init(seededRandom(1));
    const x = tf.tensor(inputs, [n, d]);
    const before = tf.memory().numTensors;
    const f = tensors.apply(params, x);
    expect(tf.memory().numTensors).toBe(before + 1);
    tf.dispose([f, x, params]);
    tensors.dispose();
  });

  it("leaves no tensor behind, and refuses a vector of another length", () => {
    const before = tf.memory().numTensors;
    const tensors = tensorModel(model);
    tf.dispose(tensors.init(seededRandom(1)));
    expect(() => tensors.tensors(new Float64Array(model.parameters + 1))).toThrow(
      expect.objectContaining({ code: "WRONG_LENGTH" }),
    );
    tensors.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
