import { gaussNewtonBlocks } from "@sgdscope/autodiff";
import { prepareBackend } from "@sgdscope/compute";
import { crossEntropyLoss, generalisedGramSystem, logisticLoss } from "@sgdscope/noise-structure/losses";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { analyse } from "../src/index.js";
import { minimumOfModel } from "../src/models.js";

beforeAll(async () => {
  await prepareBackend("wasm");
});

/** f = x·w, whose Jacobian is x. */
const linear = {
  inputShape: [2],
  apply: ({ w }: tf.NamedTensorMap, x: tf.Tensor) => tf.matMul(x, w as tf.Tensor2D),
};
const data = {
  size: 3,
  outputs: 1,
  inputs: Float32Array.of(1, 0, 0, 2, 1, 1),
  targets: Float32Array.of(0, 1, -1),
};

it("is what the model's Jacobian says, in Float32, by the backend in use", async () => {
  const params = { w: tf.tensor2d([1, 1], [2, 1]) };
  const minimum = await minimumOfModel("linear", linear, params, data);
  expect(minimum).toMatchObject({ name: "linear", precision: "float32", backend: "wasm", loss: "square" });
  expect(minimum).not.toHaveProperty("reached");
  const reached = {
    steps: 9,
    converged: true,
    optimizer: { kind: "sgd" },
    learningRate: 0.1,
    batchSize: 1,
    sampling: "with-replacement",
  } as const;
  expect((await minimumOfModel("linear", linear, params, data, { reached, largest: 3 })).reached).toEqual(reached);
  expect([...minimum.system.gram]).toEqual([1, 0, 1, 0, 4, 2, 1, 2, 2]);
  expect([...minimum.system.residuals]).toEqual([1, 1, 3]);
  const { noise, minimum: judged } = await analyse(minimum, { batchSizes: [1] });
  expect(noise.traceG).toBeCloseTo(7 / 3, 6);
  expect(judged).toMatchObject({ rank: 2, rankTolerance: 1e-6, backend: "wasm" });
  tf.dispose(params);
});

it("is refused where the Gram matrix would be larger than asked", async () => {
  const params = { w: tf.tensor2d([1, 1], [2, 1]) };
  await expect(minimumOfModel("linear", linear, params, data, { largest: 2 })).rejects.toMatchObject({
    name: "AnalysisError",
    code: "TOO_LARGE",
    argument: "examples",
  });
  tf.dispose(params);
});

it("has the system of another loss, whole and by parameter", async () => {
  const model = {
    inputShape: [2],
    apply: ({ w, b }: tf.NamedTensorMap, x: tf.Tensor) => tf.add(tf.matMul(x, w as tf.Tensor2D), b!),
  };
  const params = { w: tf.tensor2d([1, -0.5, 0.25, 0.5, 1, -1], [2, 3]), b: tf.tensor1d([0.5, 0, -0.25]) };
  const labelled = { ...data, outputs: 3, targets: Float32Array.of(1, 0, 0, 0, 0, 1, 0, 1, 0) };
  const minimum = await minimumOfModel("softmax regression", model, params, labelled, {
    loss: crossEntropyLoss(),
    perParameter: true,
  });
  const jacobian = Float64Array.from(
    [0, 1, 2].flatMap((i) =>
      [0, 1, 2].flatMap((c) => [
        ...[0, 1].flatMap((j) => [0, 1, 2].map((e) => (e === c ? labelled.inputs[2 * i + j]! : 0))),
        ...[0, 1, 2].map((e) => (e === c ? 1 : 0)),
      ]),
    ),
  );
  const expected = generalisedGramSystem(
    { jacobian },
    { outputs: minimum.system.predictions, targets: labelled.targets, loss: crossEntropyLoss() },
    { examples: 3, outputs: 3 },
  );
  minimum.system.gram.forEach((value, k) => expect(value).toBeCloseTo(expected.gram[k]!, 6));
  expect([...minimum.system.residuals]).toEqual([...expected.residuals]);
  expect(minimum).toMatchObject({ loss: "cross-entropy", lossAtPoint: { loss: expected.loss, modelOutputs: 3 } });
  const { noise, conditions } = await analyse(minimum, { batchSizes: [1] });
  expect(conditions[0]!.marks.map(({ id }) => id)).toEqual(["gauss-newton"]);
  expect(gaussNewtonBlocks(minimum.system).traces.reduce((a, b) => a + b)).toBeCloseTo(noise.traceG, 6);
  tf.dispose(params);
});

it("is refused where the model ends in the softmax that the loss has", async () => {
  const params = { w: tf.tensor2d([1, -0.5, 0.25, 0.5, 1, -1], [2, 3]) };
  const ending = { ...linear, apply: (at: tf.NamedTensorMap, x: tf.Tensor) => tf.softmax(linear.apply(at, x)) };
  const labelled = { ...data, outputs: 3, targets: Float32Array.of(1, 0, 0, 0, 0, 1, 0, 1, 0) };
  await expect(
    minimumOfModel("softmax", ending, params, labelled, { loss: crossEntropyLoss(), fallback: "loop" }),
  ).rejects.toMatchObject({ name: "AnalysisError", argument: "logits" });
  await expect(
    minimumOfModel("labels −1", linear, { w: params.w.slice([0, 0], [2, 1]) }, data, { loss: logisticLoss() }),
  ).rejects.toThrow(/between 0 and 1, got -1 at output 0 of example 2/);
  tf.dispose(params);
});
