import type * as tfjs from "@tensorflow/tfjs-core";
import type { TensorFlow } from "../../tensorflow.js";
import type { BackendCase } from "../case.js";
import { erf, map, zip } from "../reference.js";

/** Functions of one array, and of two that are broadcast. */
export const elementwise = (): BackendCase[] => [
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
];

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
