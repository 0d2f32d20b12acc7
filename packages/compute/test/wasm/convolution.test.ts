import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { prepareBackend } from "@sgdscope/compute";
import { expectSame, kernel, random } from "../support.js";

beforeAll(() => prepareBackend("wasm").then(() => undefined));

type Pad = "same" | "valid" | number | [[number, number], [number, number], [number, number], [number, number]];
interface Case {
  x: [number, number, number, number];
  filter: [number, number, number, number];
  strides: [number, number];
  pad: Pad;
}
const cases: Case[] = [
  { x: [2, 5, 5, 3], filter: [3, 3, 3, 4], strides: [1, 1], pad: "same" },
  { x: [2, 5, 6, 3], filter: [3, 3, 3, 10], strides: [1, 1], pad: "valid" },
  { x: [3, 8, 8, 16], filter: [3, 3, 16, 32], strides: [1, 1], pad: "same" },
  { x: [2, 8, 8, 5], filter: [3, 3, 5, 9], strides: [2, 2], pad: "same" },
  { x: [2, 7, 9, 5], filter: [3, 3, 5, 9], strides: [2, 2], pad: "same" },
  { x: [2, 7, 7, 4], filter: [1, 1, 4, 6], strides: [2, 2], pad: "same" },
  { x: [1, 9, 7, 2], filter: [2, 3, 2, 3], strides: [3, 2], pad: "valid" },
  { x: [1, 9, 9, 2], filter: [5, 5, 2, 7], strides: [2, 3], pad: 2 },
  { x: [2, 6, 6, 3], filter: [3, 3, 3, 5], strides: [1, 1], pad: 4 },
  {
    x: [2, 6, 6, 3],
    filter: [2, 4, 3, 17],
    strides: [2, 1],
    pad: [
      [0, 0],
      [1, 2],
      [0, 3],
      [0, 0],
    ],
  },
  { x: [1, 4, 4, 1], filter: [4, 4, 1, 1], strides: [1, 1], pad: "valid" },
  { x: [2, 10, 10, 1], filter: [2, 2, 1, 2], strides: [4, 4], pad: "valid" },
  { x: [70, 4, 4, 33], filter: [3, 3, 33, 12], strides: [1, 1], pad: "same" },
];
const title = ({ x, filter, strides, pad }: Case): string =>
  `x [${x.join(", ")}], filter [${filter.join(", ")}], strides ${strides.join("×")}, pad ${JSON.stringify(pad)}`;

const check = async ({ x, filter, strides, pad }: Case): Promise<void> => {
  const padding = pad as number;
  const { outShape } = tf.backend_util.computeConv2DInfo(x, filter, strides, 1, padding);
  const attrs = { strides, pad: padding, dataFormat: "NHWC", dilations: [1, 1] };
  await expectSame({ x: random(x), filter: random(filter, 2) }, kernel("Conv2D", attrs));
  await expectSame(
    { x: random(x), dy: random(outShape, 3) },
    kernel("Conv2DBackpropFilter", { ...attrs, filterShape: filter }),
  );
  await expectSame(
    { dy: random(outShape, 3), filter: random(filter, 2) },
    kernel("Conv2DBackpropInput", { ...attrs, inputShape: x }),
  );
};

describe("convolution and its gradients", () => {
  it.each(cases.map((each) => [title(each), each] as const))("agree with cpu: %s", async (_, each) => check(each));

  it("agree with cpu for any shape", async () => {
    const size = fc.integer({ min: 1, max: 9 });
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.integer({ min: 1, max: 3 }), size, size, size),
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 18 })),
        fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
        fc.constantFrom<Pad>("same", "valid", 0, 1, 2, [
          [0, 0],
          [0, 2],
          [3, 0],
          [0, 0],
        ]),
        async (x, [kernelHeight, kernelWidth, outChannels], strides, pad) => {
          const filter: Case["filter"] = [kernelHeight, kernelWidth, x[3], outChannels];
          const { outHeight, outWidth } = tf.backend_util.computeConv2DInfo(x, filter, strides, 1, pad);
          fc.pre(outHeight > 0 && outWidth > 0);
          await check({ x, filter, strides, pad });
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it.each([
    [[1, 9, 9, 3], [3, 3, 3, 5], [2, 2], "same"],
    [[2, 9, 8, 3], [3, 2, 3, 9], [3, 2], "valid"],
    [[2, 9, 8, 3], [3, 3, 3, 9], [1, 3], 2],
  ] as const)("dilated: x %j, filter %j, dilations %j, pad %j", async (x, filter, dilations, pad) => {
    await expectSame(
      { x: random([...x]), filter: random([...filter], 2) },
      kernel("Conv2D", { strides: [1, 1], pad, dataFormat: "NHWC", dilations }),
    );
  });

  it.each([
    [[1, 9, 9, 3], [3, 3, 3, 5], [1, 1], [2, 2], "same"],
    [[2, 9, 8, 3], [3, 2, 3, 9], [1, 1], [3, 2], "valid"],
    [[2, 11, 12, 2], [3, 3, 2, 9], [2, 3], [3, 2], "valid"],
    [[2, 11, 12, 2], [3, 2, 2, 3], [4, 2], [2, 4], "same"],
  ] as const)(
    "gradients of a dilated convolution are its adjoints: x %j, filter %j, strides %j, dilations %j, pad %j",
    async (xShape, filterShape, strides, dilations, pad) => {
      await tf.setBackend("wasm");
      const attrs = { strides, pad, dataFormat: "NHWC", dilations };
      const values = tf.tidy(() => {
        const x = tf.tensor(random([...xShape]).values, [...xShape]);
        const filter = tf.tensor(random([...filterShape], 2).values, [...filterShape]);
        const y = kernel("Conv2D", attrs)({ x, filter }) as tf.Tensor;
        const dy = tf.tensor(random(y.shape, 3).values, y.shape);
        const dFilter = kernel("Conv2DBackpropFilter", { ...attrs, filterShape })({ x, dy }) as tf.Tensor;
        const dx = kernel("Conv2DBackpropInput", { ...attrs, inputShape: xShape })({ dy, filter }) as tf.Tensor;
        const dot = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.sum(tf.mul(a, b));
        return tf.stack([dot(y, dy), dot(filter, dFilter), dot(x, dx)]);
      });
      const [forward, byFilter, byInput] = await values.data();
      values.dispose();
      expect(byFilter).toBeCloseTo(forward!, 3);
      expect(byInput).toBeCloseTo(forward!, 3);
    },
  );

  it.each(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu"] as const)(
    "fused with bias and %s agrees with cpu",
    async (activation) => {
      const attrs = {
        strides: [2, 2],
        pad: "same",
        dataFormat: "NHWC",
        dilations: [1, 1],
        activation,
        leakyreluAlpha: 0.1,
      };
      const given = { x: random([2, 7, 7, 3]), filter: random([3, 3, 3, 10], 2) };
      await expectSame({ ...given, bias: random([10], 3) }, kernel("FusedConv2D", attrs));
      await expectSame(given, kernel("FusedConv2D", attrs));
    },
  );

  it("refuses channels first, as wasm does", async () => {
    await tf.setBackend("wasm");
    const x = tf.ones<tf.Rank.R4>([1, 2, 5, 5]);
    const filter = tf.ones<tf.Rank.R4>([3, 3, 2, 1]);
    expect(() => tf.conv2d(x, filter, 1, "same", "NCHW")).toThrow(
      'Conv2D: expected dataFormat "NHWC" on wasm, got "NCHW"',
    );
    tf.dispose([x, filter]);
  });
});
