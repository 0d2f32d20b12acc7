import { prepareBackend } from "@sgdscope/compute";
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
