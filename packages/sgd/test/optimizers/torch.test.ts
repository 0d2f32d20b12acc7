import { readFileSync } from "node:fs";
import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { optimizerKinds, vectorTrainee, type Optimizer, type VectorTrainee } from "@sgdscope/sgd";
import { tensorTrainee } from "@sgdscope/sgd/tensor";

/** What PyTorch did; written by `scripts/torch-optimizers.py`. */
const { torch, x, y, start, batches, rates, cases } = JSON.parse(
  readFileSync(new URL("torch.json", import.meta.url), "utf8"),
) as {
  torch: string;
  x: number[][];
  y: number[];
  start: number[];
  batches: number[][];
  rates: number[];
  cases: { optimizer: Optimizer; learningRate: number; path: number[][] }[];
};
const [size, width] = [x.length, start.length];

const regression = (): VectorTrainee =>
  vectorTrainee({
    parameters: Float64Array.from(start),
    size,
    gradient(w, batch, out) {
      for (const i of batch) {
        const residual = x[i]!.reduce((sum, value, k) => sum + value * w[k]!, -y[i]!);
        x[i]!.forEach((value, k) => (out[k]! += residual * value));
      }
    },
    loss: () => 0,
  });

const named = cases.map((each) => [JSON.stringify(each.optimizer), each] as const);

/** The largest distance of two vectors, relative to the largest number of the second. */
const apart = (found: ArrayLike<number>, expected: readonly number[]): number =>
  Math.max(...expected.map((value, k) => Math.abs(found[k]! - value))) / Math.max(...expected.map(Math.abs));

describe(`the optimizers of PyTorch ${torch}`, () => {
  it("are all here", () => {
    // PyTorch has nothing that IRE could be made of.
    const known = optimizerKinds.filter((kind) => kind !== "ire");
    expect([...new Set(cases.map(({ optimizer }) => optimizer.kind))].sort()).toEqual(known.sort());
    expect(torch).toMatch(/^2\./);
  });

  it.each(named)("%s is reproduced step by step in Float64", (_, { optimizer, learningRate, path }) => {
    const trainee = regression();
    batches.forEach((batch, t) => {
      const options = { learningRate: learningRate * rates[t]!, optimizer, clipNorm: Infinity, divisor: batch.length };
      trainee.step(Int32Array.from(batch), options);
      expect(apart(trainee.parameters, path[t]!)).toBeLessThan(1e-14);
    });
  });

  it.each(named)("%s is the same rule on tensors, in Float32", async (_, { optimizer, learningRate, path }) => {
    await prepareBackend("cpu");
    const params = { w: tf.tensor2d(start, [width, 1]) };
    const data = {
      size,
      inputShape: [width],
      outputs: 1,
      inputs: Float32Array.from(x.flat()),
      targets: Float32Array.from(y),
    };
    const model = {
      apply: (p: tf.NamedTensorMap, inputs: tf.Tensor) => tf.matMul(inputs, p["w"] as tf.Tensor2D),
    };
    const trainee = tensorTrainee(model, data, params);
    batches.forEach((batch, t) => {
      const options = { learningRate: learningRate * rates[t]!, optimizer, clipNorm: Infinity, divisor: batch.length };
      trainee.step(Int32Array.from(batch), options);
      expect(apart(trainee.parameters["w"]!.dataSync(), path[t]!)).toBeLessThan(1e-4);
    });
    trainee.dispose();
    params.w.dispose();
  });
});
