import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { prepareBackend } from "@sgdscope/compute";
import { expectSame, kernel, random } from "../support.js";

beforeAll(() => prepareBackend("wasm").then(() => undefined));

describe.each(["Sum", "Mean"])("%s", (name) => {
  it.each([
    [[7], [0]],
    [[300, 3], [0]],
    [[3, 300], [1]],
    [
      [4, 5, 6, 7],
      [0, 1, 2],
    ],
    [
      [4, 5, 6, 7],
      [0, 2],
    ],
    [
      [4, 5, 6, 7],
      [1, 3],
    ],
    [[2, 150, 10], [1]],
    [
      [1, 5, 1],
      [0, 2],
    ],
    [[5000], [0]],
    [[], []],
    [[3, 1, 4], []],
  ])("agrees with cpu over [%j], axes %j", async (shape, axis) => {
    await expectSame({ x: random(shape) }, kernel(name, { axis, keepDims: false }));
    await expectSame({ x: random(shape) }, kernel(name, { axis, keepDims: true }));
  });

  it("agrees with cpu for any shape and axes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()), { minLength: 1, maxLength: 5 }),
        async (axes) =>
          expectSame(
            { x: random(axes.map(([size]) => size)) },
            kernel(name, { axis: axes.flatMap(([, summed], index) => (summed ? [index] : [])), keepDims: false }),
          ),
      ),
      { numRuns: 60, seed: 1 },
    );
  });
});

describe("Sum", () => {
  it("of a million ones and of a million tenths loses nothing that Float32 can hold", async () => {
    await tf.setBackend("wasm");
    const ones = tf.tidy(() => tf.sum(tf.ones([1_000_000])));
    const tenths = tf.tidy(() => tf.sum(tf.fill([1_000_000, 1], 0.1), 0));
    expect((await ones.data())[0]).toBe(1_000_000);
    expect((await tenths.data())[0]! / 100_000).toBeCloseTo(1, 5);
    tf.dispose([ones, tenths]);
  });

  it("leaves integers to the kernel at hand", async () => {
    await expectSame({ x: { shape: [2, 3], values: Int32Array.of(1, 2, 3, 4, 5, 6), dtype: "int32" } }, (tensors) =>
      tf.sum(tensors["x"]!, 0),
    );
  });
});

describe("UnsortedSegmentSum", () => {
  const ids = (values: number[]) => ({
    shape: [values.length],
    values: Int32Array.from(values),
    dtype: "int32" as const,
  });

  it.each([
    [[5], [0, 2, 2, 0, 3], 4],
    [[4, 3], [1, 1, 0, 1], 2],
    [[3, 2, 5], [2, 0, 2], 5],
    [[4, 40], [0, -1, 7, 0], 2],
  ])("agrees with cpu: [%j] by %j", async (shape, segments, numSegments) =>
    expectSame({ x: random(shape), segmentIds: ids(segments) }, kernel("UnsortedSegmentSum", { numSegments })),
  );

  it("is the gradient of gather", async () =>
    expectSame({ x: random([6, 3]), w: random([4, 3], 2) }, (tensors) =>
      tf.grad((x: tf.Tensor) => tf.sum(tf.mul(tf.gather(x, tf.tensor1d([5, 0, 5, 2], "int32")), tensors["w"]!)))(
        tensors["x"]!,
      ),
    ));
});

describe("Cast and Identity", () => {
  it("copy nothing and keep the original alive", async () => {
    await tf.setBackend("wasm");
    const x = tf.tensor1d([1, 2, 3]);
    const buffers = tf.engine().backend.numDataIds();
    const clone = x.clone();
    const same = tf.cast(x, "float32");
    expect(tf.engine().backend.numDataIds()).toBe(buffers);
    x.dispose();
    expect(Array.from(await clone.data())).toEqual([1, 2, 3]);
    clone.dispose();
    expect(Array.from(await same.data())).toEqual([1, 2, 3]);
    same.dispose();
    expect(tf.engine().backend.numDataIds()).toBe(buffers - 1);
  });

  it.each(["bool", "int32", "float32"] as const)("cast floats to %s as cpu does", async (dtype) =>
    expectSame({ x: { shape: [5], values: Float32Array.of(0.5, -0.5, 0, 2.7, -3.2) } }, (tensors) =>
      tf.cast(tensors["x"]!, dtype),
    ),
  );
});
