import type * as tfjs from "@tensorflow/tfjs-core";
import { at, conv2d, type Dense, depthwiseConv2d, erf, fill, map, matMul, pool, reduce, zip } from "./reference.js";
import type { TensorFlow } from "../tensorflow.js";

/** One operation, its plain reference, and the inputs on which they are compared. */
export interface BackendCase {
  name: string;
  /** Shapes of the inputs. */
  shapes: number[][];
  /** Whether TensorFlow.js has a gradient for it; default true. */
  gradient?: boolean;
  /** `"positive"` inputs lie in [0.5, 2.5], `"normal"` ones are standard normal; default `"normal"`. */
  draw?: "normal" | "positive";
  operation: (tf: TensorFlow, ...inputs: tfjs.Tensor[]) => tfjs.Tensor;
  reference: (...inputs: Dense[]) => Dense;
}

const unary = (
  name: string,
  operation: (tf: TensorFlow, x: tfjs.Tensor) => tfjs.Tensor,
  f: (x: number) => number,
  draw: "normal" | "positive" = "normal",
): BackendCase => ({
  name,
  shapes: [[3, 5]],
  draw,
  operation: (tf, x) => operation(tf, x),
  reference: (x) => map(f)(x),
});

const binary = (
  name: string,
  operation: (tf: TensorFlow, a: tfjs.Tensor, b: tfjs.Tensor) => tfjs.Tensor,
  f: (a: number, b: number) => number,
  broadcast = true,
): BackendCase[] =>
  [
    [
      [2, 3, 4],
      [2, 3, 4],
    ],
    [[2, 3, 4], [4]],
    [
      [3, 1],
      [2, 1, 5],
    ],
    [[3, 4], []],
  ]
    .slice(0, broadcast ? undefined : 1)
    .map((shapes) => ({
      name: `${name} of ${shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ")}`,
      shapes,
      draw: "positive",
      operation: (tf, a, b) => operation(tf, a, b),
      reference: (a, b) => zip(f)(a, b),
    }));

const sum = (entries: number[]): number => entries.reduce((a, b) => a + b, 0);
const logSumExp = (entries: number[]): number => Math.log(sum(entries.map(Math.exp)));

/** The operations that networks, losses and their derivatives are made of. */
export const backendCases: BackendCase[] = [
  ...[
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].flatMap(([ta, tb]): BackendCase[] =>
    [[], [3]].map((batch) => ({
      name: `matMul${ta ? ", left transposed" : ""}${tb ? ", right transposed" : ""}${batch.length > 0 ? ", batched" : ""}`,
      shapes: [
        [...batch, ...(ta ? [5, 4] : [4, 5])],
        [...batch, ...(tb ? [6, 5] : [5, 6])],
      ],
      operation: (tf, a, b) => tf.matMul(a, b, ta, tb),
      reference: (a, b) => matMul(ta, tb)(a, b),
    })),
  ),
  ...[
    { size: [3, 3], stride: 1, padding: "same" },
    { size: [3, 3], stride: 1, padding: "valid" },
    { size: [3, 3], stride: 2, padding: "same" },
    { size: [3, 2], stride: 2, padding: "valid" },
    { size: [1, 1], stride: 1, padding: "same" },
    { size: [1, 1], stride: 2, padding: "valid" },
    { size: [5, 5], stride: 1, padding: "same" },
  ].map(({ size, stride, padding }): BackendCase => ({
    name: `conv2d ${size.join("×")}, stride ${stride}, ${padding}`,
    shapes: [
      [2, 7, 6, 3],
      [...size, 3, 4],
    ],
    operation: (tf, x, k) => tf.conv2d(x as tfjs.Tensor4D, k as tfjs.Tensor4D, stride, padding as "same"),
    reference: (x, k) => conv2d(stride, padding as "same")(x, k),
  })),
  ...[1, 2].map((stride): BackendCase => ({
    name: `depthwiseConv2d, stride ${stride}`,
    shapes: [
      [2, 6, 5, 3],
      [3, 3, 3, 2],
    ],
    operation: (tf, x, k) => tf.depthwiseConv2d(x as tfjs.Tensor4D, k as tfjs.Tensor4D, stride, "same"),
    reference: (x, k) => depthwiseConv2d(stride, "same")(x, k),
  })),
  ...(["average", "max"] as const).flatMap((kind) =>
    [
      [2, 2, "valid"],
      [3, 2, "same"],
      [2, 1, "valid"],
    ].map(([size, stride, padding]): BackendCase => ({
      name: `${kind} pool ${size!}×${size!}, stride ${stride!}, ${padding!}`,
      shapes: [[2, 6, 7, 3]],
      operation: (tf, x) =>
        (kind === "max" ? tf.maxPool : tf.avgPool)(x as tfjs.Tensor4D, size as 2, stride as 2, padding as "same"),
      reference: (x) => pool(kind, size as 2, stride as 2, padding as "same")(x),
    })),
  ),
  unary(
    "relu",
    (tf, x) => tf.relu(x),
    (x) => Math.max(x, 0),
  ),
  unary(
    "relu6",
    (tf, x) => tf.relu6(x),
    (x) => Math.min(Math.max(x, 0), 6),
  ),
  unary(
    "leakyRelu",
    (tf, x) => tf.leakyRelu(x, 0.2),
    (x) => (x > 0 ? x : 0.2 * x),
  ),
  unary(
    "elu",
    (tf, x) => tf.elu(x),
    (x) => (x > 0 ? x : Math.expm1(x)),
  ),
  unary(
    "softplus",
    (tf, x) => tf.softplus(x),
    (x) => Math.log1p(Math.exp(x)),
  ),
  unary(
    "sigmoid",
    (tf, x) => tf.sigmoid(x),
    (x) => 1 / (1 + Math.exp(-x)),
  ),
  unary("tanh", (tf, x) => tf.tanh(x), Math.tanh),
  unary("erf", (tf, x) => tf.erf(x), erf),
  unary("exp", (tf, x) => tf.exp(x), Math.exp),
  unary("log", (tf, x) => tf.log(x), Math.log, "positive"),
  unary("log1p", (tf, x) => tf.log1p(x), Math.log1p, "positive"),
  unary("sqrt", (tf, x) => tf.sqrt(x), Math.sqrt, "positive"),
  unary(
    "rsqrt",
    (tf, x) => tf.rsqrt(x),
    (x) => 1 / Math.sqrt(x),
    "positive",
  ),
  unary(
    "reciprocal",
    (tf, x) => tf.reciprocal(x),
    (x) => 1 / x,
    "positive",
  ),
  unary(
    "square",
    (tf, x) => tf.square(x),
    (x) => x * x,
  ),
  unary("abs", (tf, x) => tf.abs(x), Math.abs),
  unary(
    "neg",
    (tf, x) => tf.neg(x),
    (x) => -x,
  ),
  unary("sin", (tf, x) => tf.sin(x), Math.sin),
  unary("cos", (tf, x) => tf.cos(x), Math.cos),
  unary(
    "clipByValue",
    (tf, x) => tf.clipByValue(x, -0.5, 0.5),
    (x) => Math.min(Math.max(x, -0.5), 0.5),
  ),
  ...binary(
    "add",
    (tf, a, b) => tf.add(a, b),
    (a, b) => a + b,
  ),
  ...binary(
    "sub",
    (tf, a, b) => tf.sub(a, b),
    (a, b) => a - b,
  ),
  ...binary(
    "mul",
    (tf, a, b) => tf.mul(a, b),
    (a, b) => a * b,
  ),
  ...binary(
    "div",
    (tf, a, b) => tf.div(a, b),
    (a, b) => a / b,
  ),
  ...binary(
    "pow",
    (tf, a, b) => tf.pow(a, b),
    (a, b) => a ** b,
  ),
  // The gradients that TensorFlow.js 4.22 has for these two forget to sum over broadcast axes.
  ...binary("maximum", (tf, a, b) => tf.maximum(a, b), Math.max, false),
  ...binary(
    "squaredDifference",
    (tf, a, b) => tf.squaredDifference(a, b),
    (a, b) => (a - b) ** 2,
    false,
  ),
  ...[[0], [1], [2], [0, 2], [0, 1, 2]].flatMap((axes): BackendCase[] => [
    {
      name: `sum over ${axes.join(", ")}`,
      shapes: [[2, 3, 4]],
      operation: (tf, x) => tf.sum(x, axes),
      reference: (x) => reduce(axes, sum)(x),
    },
    {
      name: `mean over ${axes.join(", ")}`,
      shapes: [[2, 3, 4]],
      operation: (tf, x) => tf.mean(x, axes),
      reference: (x) => reduce(axes, (entries) => sum(entries) / entries.length)(x),
    },
    {
      name: `max over ${axes.join(", ")}`,
      shapes: [[2, 3, 4]],
      operation: (tf, x) => tf.max(x, axes),
      reference: (x) => reduce(axes, (entries) => Math.max(...entries))(x),
    },
  ]),
  {
    name: "logSumExp",
    shapes: [[4, 5]],
    operation: (tf, x) => tf.logSumExp(x, 1),
    reference: (x) => reduce([1], logSumExp)(x),
  },
  {
    name: "softmax",
    shapes: [[4, 5]],
    operation: (tf, x) => tf.softmax(x),
    reference: (x) => zip((value, normaliser) => Math.exp(value - normaliser))(x, column(reduce([1], logSumExp)(x))),
  },
  {
    name: "logSoftmax",
    shapes: [[4, 5]],
    operation: (tf, x) => tf.logSoftmax(x),
    reference: (x) => zip((value, normaliser) => value - normaliser)(x, column(reduce([1], logSumExp)(x))),
  },
  {
    name: "reshape",
    shapes: [[2, 3, 4]],
    operation: (tf, x) => tf.reshape(x, [4, 6]),
    reference: (x) => ({ shape: [4, 6], data: x.data }),
  },
  {
    name: "transpose",
    shapes: [[2, 3, 4]],
    operation: (tf, x) => tf.transpose(x, [2, 0, 1]),
    reference: (x) => fill([4, 2, 3], ([c, a, b]) => at(x, [a!, b!, c!])),
  },
  {
    name: "slice",
    shapes: [[4, 5, 3]],
    operation: (tf, x) => tf.slice(x, [1, 0, 2], [2, 4, 1]),
    reference: (x) => fill([2, 4, 1], ([a, b]) => at(x, [a! + 1, b!, 2])),
  },
  {
    name: "concat",
    shapes: [
      [2, 3],
      [2, 2],
    ],
    operation: (tf, a, b) => tf.concat([a, b], 1),
    reference: (a, b) => fill([2, 5], ([i, j]) => (j! < 3 ? at(a, [i!, j!]) : at(b, [i!, j! - 3]))),
  },
  {
    name: "stack",
    shapes: [
      [2, 3],
      [2, 3],
    ],
    operation: (tf, a, b) => tf.stack([a, b], 1),
    reference: (a, b) => fill([2, 2, 3], ([i, which, j]) => at(which === 0 ? a : b, [i!, j!])),
  },
  {
    name: "pad",
    shapes: [[2, 3]],
    operation: (tf, x) =>
      tf.pad(x, [
        [1, 0],
        [0, 2],
      ]),
    reference: (x) => fill([3, 5], ([i, j]) => at(x, [i! - 1, j!])),
  },
  {
    name: "tile",
    shapes: [[2, 3]],
    operation: (tf, x) => tf.tile(x, [2, 2]),
    reference: (x) => fill([4, 6], ([i, j]) => at(x, [i! % 2, j! % 3])),
  },
  {
    name: "reverse",
    shapes: [[2, 3]],
    operation: (tf, x) => tf.reverse(x, 1),
    reference: (x) => fill([2, 3], ([i, j]) => at(x, [i!, 2 - j!])),
  },
  {
    name: "gather of rows, some twice",
    shapes: [[4, 3]],
    operation: (tf, x) => tf.gather(x, tf.tensor1d([3, 0, 3, 1], "int32")),
    reference: (x) => fill([4, 3], ([i, j]) => at(x, [[3, 0, 3, 1][i!]!, j!])),
  },
  {
    name: "unsortedSegmentSum",
    shapes: [[4, 3]],
    operation: (tf, x) => tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2, 1], "int32"), 3),
    reference: (x) =>
      fill([3, 3], ([s, j]) => sum([2, 0, 2, 1].flatMap((segment, i) => (segment === s ? [at(x, [i, j!])] : [])))),
  },
  {
    name: "where",
    shapes: [
      [2, 3],
      [2, 3],
    ],
    operation: (tf, a, b) => tf.where(tf.tensor2d([1, 0, 0, 1, 1, 0], [2, 3], "bool"), a, b),
    reference: (a, b) => fill([2, 3], ([i, j]) => at([0, 4, 3].includes(i! * 3 + j!) ? a : b, [i!, j!])),
  },
  {
    name: "einsum bij,bkj->bik",
    gradient: false,
    shapes: [
      [2, 3, 4],
      [2, 5, 4],
    ],
    operation: (tf, a, b) => tf.einsum("bij,bkj->bik", a, b),
    reference: (a, b) => matMul(false, true)(a, b),
  },
];

const column = ({ shape, data }: Dense): Dense => ({ shape: [...shape, 1], data });
