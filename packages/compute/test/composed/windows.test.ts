import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { prepareBackend } from "@sgdscope/compute";
import { backendsUnderTest } from "@sgdscope/compute/testing";
import { expectSame, kernel, make, random } from "../support.js";

type Shape = [number, number, number, number];
type Pair = [number, number];
type Pad = "same" | "valid" | number | tf.backend_util.ExplicitPadding;

const uneven: Pad = [
  [0, 0],
  [1, 2],
  [0, 3],
  [0, 0],
];
const plain: [Shape, Shape, Pair, Pair, Pad][] = [
  [[2, 6, 6, 3], [3, 3, 3, 5], [1, 1], [1, 1], 4],
  [[1, 9, 9, 2], [5, 5, 2, 7], [2, 2], [1, 1], 2],
  [[2, 6, 6, 3], [2, 4, 3, 6], [2, 1], [1, 1], uneven],
  [[1, 7, 8, 2], [3, 3, 2, 2], [2, 2], [1, 1], "same"],
  [[2, 6, 6, 3], [1, 1, 3, 4], [2, 2], [1, 1], "valid"],
];
const dilated: [Shape, Shape, Pair, Pair, Pad][] = [
  [[1, 9, 9, 3], [3, 3, 3, 5], [1, 1], [2, 2], "same"],
  [[2, 9, 8, 3], [3, 2, 3, 2], [1, 1], [3, 2], "valid"],
  [[1, 9, 9, 2], [3, 3, 2, 2], [1, 1], [2, 2], 2],
];
const pools: [Shape, Pair | number, number, Pad][] = [
  [[2, 8, 8, 4], 3, 2, 1],
  [[1, 9, 9, 5], 3, 2, "same"],
  [[2, 8, 8, 4], 2, 1, "same"],
  [[2, 7, 9, 5], 2, 2, "valid"],
  [
    [1, 6, 6, 2],
    [3, 2],
    2,
    [
      [0, 0],
      [1, 2],
      [0, 1],
      [0, 0],
    ],
  ],
];

describe.each(await backendsUnderTest(["wasm", "tensorflow", "webgpu"]))("windows on %s", (backend) => {
  beforeAll(async () => {
    await prepareBackend(backend);
  });

  /** ⟨y(x), dy⟩ = ⟨x, dx⟩ = ⟨filter, dFilter⟩ for what is linear in both. */
  const expectAdjoint = async (products: () => tf.Tensor[]): Promise<void> => {
    const before = tf.memory().numTensors;
    const dots = tf.tidy(() => tf.stack(products()));
    const [forward, ...backward] = await dots.data();
    dots.dispose();
    for (const value of backward)
      expect(Math.abs(value - forward!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(forward!)));
    expect(tf.memory().numTensors).toBe(before);
  };
  const dot = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.sum(tf.mul(a, b));

  describe.each(["Conv2D", "DepthwiseConv2dNative"])("%s", (name) => {
    const multiply = name === "Conv2D" ? 4 : 2;
    const filterOf = ([height, width, channels, outputs]: Shape): Shape => [
      height,
      width,
      channels,
      Math.min(outputs, multiply),
    ];

    it.each([...plain, ...dilated])(
      "agrees with cpu: x %j, filter %j, strides %j, dilations %j, pad %j",
      async (x, filter, strides, dilations, pad) =>
        expectSame(
          { x: random(x), filter: random(filterOf(filter), 2) },
          kernel(name, { strides, dilations, pad, dataFormat: "NHWC" }),
          { backend, tolerance: 1e-5 },
        ),
    );

    it.each([...plain, ...dilated])(
      "has its adjoints: x %j, filter %j, strides %j, dilations %j, pad %j",
      async (xShape, shape, strides, dilations, pad) => {
        await tf.setBackend(backend);
        const filterShape = filterOf(shape);
        const attrs = { strides, dilations, pad, dataFormat: "NHWC" };
        await expectAdjoint(() => {
          const [x, filter] = [make(random(xShape)), make(random(filterShape, 2))];
          const y = kernel(name, attrs)({ x, filter }) as tf.Tensor;
          const dy = make(random(y.shape, 3));
          const dx = kernel(`${name}BackpropInput`, { ...attrs, inputShape: xShape })({ dy, filter }) as tf.Tensor;
          const dFilter = kernel(`${name}BackpropFilter`, { ...attrs, filterShape })({ x, dy }) as tf.Tensor;
          return [dot(y, dy), dot(x, dx), dot(filter, dFilter)];
        });
      },
    );
  });

  it.each([4, uneven, "same"] as Pad[])(
    "fused convolutions with a bias and ReLU agree with cpu: pad %j",
    async (pad) => {
      const attrs = { strides: [2, 2], pad, dataFormat: "NHWC", dilations: [1, 1], activation: "relu" };
      const x = random([2, 7, 7, 3]);
      await expectSame({ x, filter: random([3, 3, 3, 5], 2), bias: random([5], 3) }, kernel("FusedConv2D", attrs), {
        backend,
        tolerance: 1e-5,
      });
      await expectSame(
        { x, filter: random([3, 3, 3, 2], 2), bias: random([6], 3) },
        kernel("FusedDepthwiseConv2D", attrs),
        { backend, tolerance: 1e-5 },
      );
    },
  );

  it.each(pools)("pools agree with cpu: x %j, window %j, stride %j, pad %j", async (x, filterSize, strides, pad) => {
    const attrs = { filterSize, strides, pad };
    await expectSame({ x: random(x) }, kernel("AvgPool", attrs), { backend });
    await expectSame({ x: random(x) }, kernel("MaxPool", attrs), { backend });
    const { outShape } = tf.backend_util.computePool2DInfo(x, filterSize, strides, 1, pad);
    await expectSame(
      { input: random(x), dy: random(outShape, 2) },
      ({ input, dy }) =>
        kernel(
          "MaxPoolGrad",
          attrs,
        )({
          input: input!,
          dy: dy!,
          output: kernel("MaxPool", attrs)({ x: input! }) as tf.Tensor,
        }),
      { backend },
    );
  });

  it.each(pools)(
    "the average's gradient is its adjoint: x %j, window %j, stride %j, pad %j",
    async (shape, filterSize, strides, pad) => {
      await tf.setBackend(backend);
      const attrs = { filterSize, strides, pad };
      await expectAdjoint(() => {
        const input = make(random(shape));
        const y = kernel("AvgPool", attrs)({ x: input }) as tf.Tensor;
        const dy = make(random(y.shape, 2));
        return [dot(y, dy), dot(input, kernel("AvgPoolGrad", attrs)({ dy, input }) as tf.Tensor)];
      });
    },
  );
});
