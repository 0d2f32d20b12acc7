import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, it } from "vitest";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { expectSame, kernel, random } from "../support.js";

describe.each(await backendsUnderTest(["wasm", "tensorflow", "webgpu"]))("sums and products on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
  });

  it.each([2, 7, 8, 11, 60])("adds %d tensors", async (count) => {
    const names = Array.from({ length: count }, (_, i) => `t${i}`);
    const given = Object.fromEntries(names.map((name, i) => [name, random([3, 5], i + 1)]));
    await expectSame(given, (tensors) => tf.addN(names.map((name) => tensors[name]!)), { backend });
  });

  it.runIf(backend === "webgpu").each([
    [
      [1, 4, 2, 3, 1, 1, 1, 1],
      [1, 3, 5, 7],
    ],
    [
      [2, 3, 1, 2, 2, 1, 3],
      [0, 1, 4],
    ],
    [
      [2, 1, 2, 1, 2, 1, 2, 1],
      [0, 1, 2, 3, 4, 5, 6, 7],
    ],
    [[2, 1, 2, 1, 2, 1, 2], [5]],
  ])("sums [%j] over the axes %j", async (shape, axis) => {
    for (const name of ["Sum", "Mean"]) {
      await expectSame({ x: random(shape) }, kernel(name, { axis, keepDims: false }), { backend });
      await expectSame({ x: random(shape) }, kernel(name, { axis, keepDims: true }), { backend });
    }
  });

  it.each([
    [
      [2, 1, 3, 4],
      [1, 5, 4, 6],
    ],
    [
      [2, 5, 3, 4],
      [2, 5, 4, 6],
    ],
    [
      [1, 3, 4],
      [5, 4, 6],
    ],
  ])("broadcasts the batches of products: [%j] by [%j]", async (a, b) => {
    const batch = a.slice(0, -2).map((size, axis) => Math.max(size, b[axis]!));
    const whole = (x: tf.Tensor): tf.Tensor => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
    await expectSame(
      { a: random(a), b: random(b, 2) },
      // cpu itself errs where both are broadcast.
      (given) =>
        tf.getBackend() === "cpu"
          ? tf.matMul(whole(given["a"]!), whole(given["b"]!))
          : tf.matMul(given["a"]!, given["b"]!),
      { backend },
    );
  });
});
