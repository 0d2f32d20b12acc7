import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { prepareBackend } from "@sgdscope/compute";
import { expectSame, kernel, make, random } from "../support.js";

beforeAll(() => prepareBackend("wasm").then(() => undefined));

type Shape4 = [number, number, number, number];
const windows: [Shape4, number | [number, number], number | [number, number], "same" | "valid" | number][] = [
  [[2, 8, 8, 16], 2, 2, "valid"],
  [[2, 7, 9, 5], 2, 2, "valid"],
  [[1, 9, 9, 3], 3, 3, "valid"],
  [[2, 8, 8, 7], 3, 1, "valid"],
  [[2, 8, 8, 7], [3, 2], [2, 1], "valid"],
  [[1, 9, 9, 21], 3, 2, "same"],
  [[2, 8, 8, 4], 2, 1, "same"],
  [[2, 8, 8, 4], 3, 2, 1],
];
const pooled = (
  x: Shape4,
  filterSize: number | [number, number],
  strides: number | [number, number],
  pad: "same" | "valid" | number,
): number[] => tf.backend_util.computePool2DInfo(x, filterSize, strides, 1, pad).outShape;

describe("AvgPoolGrad", () => {
  it.each(windows.filter(([, , , pad]) => pad === "valid"))(
    "agrees with cpu: %j, %j, %j, %s",
    async (x, filterSize, strides, pad) =>
      expectSame(
        { input: random(x), dy: random(pooled(x, filterSize, strides, pad), 2) },
        kernel("AvgPoolGrad", { filterSize, strides, pad }),
      ),
  );

  it.each(windows)("is the adjoint of AvgPool: %j, %j, %j, %s", async (x, filterSize, strides, pad) => {
    await tf.setBackend("wasm");
    const dots = tf.tidy(() => {
      const input = make(random(x));
      const dy = make(random(pooled(x, filterSize, strides, pad), 2));
      const y = kernel("AvgPool", { filterSize, strides, pad })({ x: input }) as tf.Tensor;
      const dx = kernel("AvgPoolGrad", { filterSize, strides, pad })({ dy, input }) as tf.Tensor;
      return tf.stack([tf.sum(tf.mul(y, dy)), tf.sum(tf.mul(input, dx))]);
    });
    const [forward, backward] = await dots.data();
    dots.dispose();
    expect(backward).toBeCloseTo(forward!, 4);
  });
});

describe("MaxPoolGrad", () => {
  it.each(windows)("agrees with cpu: %j, %j, %j, %s", async (x, filterSize, strides, pad) => {
    const outShape = pooled(x, filterSize, strides, pad);
    await expectSame({ input: random(x), dy: random(outShape, 2), output: random(outShape) }, ({ input, dy, output }) =>
      kernel("MaxPoolGrad", { filterSize, strides, pad })({ input: input!, dy: dy!, output: output! }),
    );
  });

  it("gives ties to the first pixel, as cpu does", async () => {
    const input = { shape: [1, 4, 4, 2], values: new Float32Array(32) };
    const outShape = [1, 2, 2, 2];
    await expectSame(
      { input, dy: random(outShape), output: { shape: outShape, values: new Float32Array(8) } },
      ({ input: x, dy, output }) =>
        kernel("MaxPoolGrad", { filterSize: 2, strides: 2, pad: "valid" })({ input: x!, dy: dy!, output: output! }),
    );
  });
});

describe("depthwise convolution's gradients", () => {
  const cases: [Shape4, Shape4, [number, number], "same" | "valid" | number][] = [
    [[2, 6, 6, 4], [3, 3, 4, 1], [1, 1], "same"],
    [[2, 6, 7, 5], [3, 2, 5, 1], [1, 1], "valid"],
    [[2, 7, 7, 18], [3, 3, 18, 1], [2, 2], "same"],
    [[2, 6, 6, 3], [3, 3, 3, 2], [1, 1], "same"],
    [[1, 8, 8, 5], [2, 2, 5, 3], [2, 2], "valid"],
    [[1, 8, 8, 2], [3, 3, 2, 4], [1, 1], 2],
  ];
  const outShapeOf = (
    x: Shape4,
    filter: Shape4,
    strides: [number, number],
    dilations: [number, number] | number,
    pad: "same" | "valid" | number,
  ): number[] => tf.backend_util.computeConv2DInfo(x, filter, strides, dilations, pad, undefined, true).outShape;

  it.each(cases)("agree with cpu: x %j, filter %j, strides %j, pad %s", async (x, filter, strides, pad) => {
    const attrs = { strides, pad, dilations: [1, 1] };
    const dy = random(outShapeOf(x, filter, strides, 1, pad), 3);
    await expectSame(
      { dy, filter: random(filter, 2) },
      kernel("DepthwiseConv2dNativeBackpropInput", { ...attrs, inputShape: x }),
    );
    await expectSame(
      { x: random(x), dy },
      kernel("DepthwiseConv2dNativeBackpropFilter", { ...attrs, filterShape: filter }),
    );
  });

  it.each([
    [[2, 9, 9, 4], [3, 3, 4, 1], [2, 2], "same"],
    [[1, 9, 8, 3], [3, 2, 3, 2], [2, 3], "valid"],
  ] as [Shape4, Shape4, [number, number], "same" | "valid"][])(
    "are adjoints where it is dilated: x %j, filter %j, dilations %j, pad %s",
    async (xShape, filterShape, dilations, pad) => {
      await tf.setBackend("wasm");
      const attrs = { strides: [1, 1], pad, dilations };
      const dots = tf.tidy(() => {
        const x = make(random(xShape));
        const filter = make(random(filterShape, 2));
        const dy = make(random(outShapeOf(xShape, filterShape, [1, 1], dilations, pad), 3));
        const y = kernel("DepthwiseConv2dNative", attrs)({ x, filter }) as tf.Tensor;
        const dx = kernel("DepthwiseConv2dNativeBackpropInput", { ...attrs, inputShape: xShape })({
          dy,
          filter,
        }) as tf.Tensor;
        const dFilter = kernel("DepthwiseConv2dNativeBackpropFilter", { ...attrs, filterShape })({
          x,
          dy,
        }) as tf.Tensor;
        const dot = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.sum(tf.mul(a, b));
        return tf.stack([dot(y, dy), dot(x, dx), dot(filter, dFilter)]);
      });
      const [forward, byInput, byFilter] = await dots.data();
      dots.dispose();
      expect(byInput).toBeCloseTo(forward!, 4);
      expect(byFilter).toBeCloseTo(forward!, 4);
    },
  );
});
