import * as tf from "@tensorflow/tfjs-core";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { expectSame, kernel, random } from "../support.js";

describe.each(await backendsUnderTest())("what tensorflow has faster kernels for, on %s:", (name) => {
  const isNative = name.startsWith("tensorflow");
  let backend = "";
  beforeAll(async () => {
    backend = (await prepareBackend(name)).tensorflowName;
  });

  describe("tensors that could be shared,", () => {
    const twins: Record<string, (x: tf.Tensor) => tf.Tensor> = {
      "a reshape to the same shape": (x) => tf.reshape(x, x.shape),
      "a cast to the same type": (x) => tf.engine().runKernel("Cast", { x }, { dtype: x.dtype }),
    };
    it.each(Object.keys(twins))("%s lives on when the original goes, and the other way round", async (twin) => {
      await tf.setBackend(backend);
      const before = { tensors: tf.memory().numTensors, buffers: tf.engine().backend.numDataIds() };
      for (const isOriginalFirst of [true, false])
        for (const isFresh of [true, false]) {
          const fresh = tf.tensor2d([1, 2, 3, 4], [2, 2]);
          const x = isFresh ? fresh : tf.neg(fresh);
          const y = twins[twin]!(x);
          if (isNative) expect(y.dataId).toBe(x.dataId);
          expect([y.shape, y.dtype]).toEqual([x.shape, x.dtype]);
          const [gone, kept] = isOriginalFirst ? [x, y] : [y, x];
          gone.dispose();
          const doubled = tf.mul(kept, 2);
          expect([...(await doubled.data())]).toEqual([1, 2, 3, 4].map((each) => each * (isFresh ? 2 : -2)));
          tf.dispose([kept, doubled, fresh]);
        }
      expect(tf.memory().numTensors).toBe(before.tensors);
      expect(tf.engine().backend.numDataIds()).toBe(before.buffers);
    });

    it("other casts and reshapes", async () => {
      await expectSame({ x: random([2, 6]) }, ({ x }) => tf.reshape(x!, [3, 4]), { backend });
      await expectSame({ x: random([2, 6]) }, ({ x }) => tf.cast(tf.mul(x!, 3), "int32"), { backend });
      await expectSame({ x: random([2, 6]) }, ({ x }) => tf.cast(tf.greater(x!, 0), "float32"), { backend });
    });
  });

  describe("products,", () => {
    const shapes: [a: number[], b: number[]][] = [
      [
        [1, 1],
        [1, 1],
      ],
      [
        [1, 300],
        [300, 7],
      ],
      [
        [5, 1],
        [1, 9],
      ],
      [
        [3, 0],
        [0, 4],
      ],
      [
        [0, 3],
        [3, 4],
      ],
      [
        [70, 60],
        [60, 65],
      ],
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
      [
        [1, 3, 4],
        [6, 4, 5],
      ],
      [
        [6, 3, 4],
        [1, 4, 5],
      ],
    ];
    const turned = (shape: number[]): number[] => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
    it.each(shapes)("%j times %j, each transposed or not", async (a, b) => {
      for (const transposeA of [false, true])
        for (const transposeB of [false, true])
          await expectSame(
            { a: random(transposeA ? turned(a) : a, 1), b: random(transposeB ? turned(b) : b, 2) },
            kernel("BatchMatMul", { transposeA, transposeB }),
            { backend, tolerance: 1e-5 },
          );
    });
  });

  describe("gradients of convolutions,", () => {
    const cases = [1, 2, 3].flatMap((filter) =>
      [1, 2, 3].flatMap((stride) => ["same", "valid"].map((pad) => [filter, stride, pad] as const)),
    );
    it.each(cases)("filters of %d, stride %d, padding %s", async (filter, stride, pad) => {
      for (const [height, width] of [
        [7, 8],
        [5, 4],
      ] as const) {
        const x = [2, height, width, 3];
        const filterShape = [filter, filter, 3, 4];
        const { outShape } = tf.backend_util.computeConv2DInfo(
          x as never,
          filterShape as never,
          stride,
          1,
          pad as "same",
        );
        const attrs = { strides: [stride, stride], pad, dataFormat: "NHWC" };
        await expectSame(
          { x: random(x, 1), dy: random(outShape, 2) },
          kernel("Conv2DBackpropFilter", { ...attrs, filterShape }),
          { backend, tolerance: 1e-5 },
        );
        await expectSame(
          { filter: random(filterShape, 1), dy: random(outShape, 2) },
          kernel("Conv2DBackpropInput", { ...attrs, inputShape: x }),
          { backend, tolerance: 1e-5 },
        );
      }
    });
  });

  it.runIf(isNative)("the report names the kernels, each once", async () => {
    const { kernels } = await prepareBackend(name);
    expect(kernels).toEqual(expect.arrayContaining(["Cast", "Conv2DBackpropFilter", "ReluGrad", "Reshape", "Step"]));
    expect(new Set(kernels).size).toBe(kernels.length);
  });
});
