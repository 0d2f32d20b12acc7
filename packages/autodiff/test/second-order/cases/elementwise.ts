import * as tf from "@tensorflow/tfjs-core";
import { parameter, type Case } from "../conformance.js";
import { exp, HyperDual, largest, lift, log, smallest, square, total } from "../hyper-dual.js";

type Derivatives = [value: number, first: number, second: number];

const unary = (
  name: string,
  op: (x: tf.Tensor) => tf.Tensor,
  f: (x: number) => Derivatives,
  low = -1.5,
  high = 1.5,
): Case => ({
  name,
  params: { x: parameter([2, 4], 1, low, high) },
  tensors: ({ x }) => op(x!),
  duals: ({ x }) => x!.map((each) => each.map(f)),
});

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const sigmoidDerivatives = (x: number): Derivatives => {
  const s = sigmoid(x);
  return [s, s * (1 - s), s * (1 - s) * (1 - 2 * s)];
};
const tanhDerivatives = (x: number): Derivatives => {
  const t = Math.tanh(x);
  return [t, 1 - t * t, -2 * t * (1 - t * t)];
};
/** By its Taylor series, to rounding for |x| < 3. */
const erf = (x: number): number => {
  let sum = 0;
  let term = x;
  for (let n = 0; n < 80; n++) {
    sum += term / (2 * n + 1);
    term *= (-x * x) / (n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
};
const erfDerivatives = (x: number): Derivatives => {
  const first = (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
  return [erf(x), first, -2 * x * first];
};
const piecewise = (x: number, slope: number, value = slope * x): Derivatives => [value, slope, 0];

const { SELU_SCALE, SELU_SCALEALPHA } = tf.backend_util;
const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

export const elementwiseCases: readonly Case[] = [
  unary("abs", tf.abs, (x) => piecewise(x, Math.sign(x))),
  unary("neg", tf.neg, (x) => piecewise(x, -1)),
  unary("square", tf.square, (x) => [x * x, 2 * x, 2]),
  unary("sqrt", tf.sqrt, (x) => [x ** 0.5, 0.5 * x ** -0.5, -0.25 * x ** -1.5], 0.3, 2),
  unary("rsqrt", tf.rsqrt, (x) => [x ** -0.5, -0.5 * x ** -1.5, 0.75 * x ** -2.5], 0.3, 2),
  unary("reciprocal", tf.reciprocal, (x) => [1 / x, -1 / x ** 2, 2 / x ** 3], 0.5, 2),
  unary("exp", tf.exp, (x) => [Math.exp(x), Math.exp(x), Math.exp(x)]),
  unary("expm1", tf.expm1, (x) => [Math.expm1(x), Math.exp(x), Math.exp(x)]),
  unary("log", tf.log, (x) => [Math.log(x), 1 / x, -1 / x ** 2], 0.3, 2),
  unary("log1p", tf.log1p, (x) => [Math.log1p(x), 1 / (1 + x), -1 / (1 + x) ** 2], -0.5, 2),
  unary("sin", tf.sin, (x) => [Math.sin(x), Math.cos(x), -Math.sin(x)]),
  unary("cos", tf.cos, (x) => [Math.cos(x), -Math.sin(x), -Math.cos(x)]),
  unary("sinh", tf.sinh, (x) => [Math.sinh(x), Math.cosh(x), Math.sinh(x)]),
  unary("cosh", tf.cosh, (x) => [Math.cosh(x), Math.sinh(x), Math.cosh(x)]),
  unary("atan", tf.atan, (x) => [Math.atan(x), 1 / (1 + x * x), (-2 * x) / (1 + x * x) ** 2]),
  unary("tan", tf.tan, (x) => [Math.tan(x), 1 / Math.cos(x) ** 2, (2 * Math.tan(x)) / Math.cos(x) ** 2], -1, 1),
  unary("asin", tf.asin, (x) => [Math.asin(x), (1 - x * x) ** -0.5, x * (1 - x * x) ** -1.5], -0.8, 0.8),
  unary("acos", tf.acos, (x) => [Math.acos(x), -((1 - x * x) ** -0.5), -x * (1 - x * x) ** -1.5], -0.8, 0.8),
  unary("asinh", tf.asinh, (x) => [Math.asinh(x), (1 + x * x) ** -0.5, -x * (1 + x * x) ** -1.5]),
  unary("acosh", tf.acosh, (x) => [Math.acosh(x), (x * x - 1) ** -0.5, -x * (x * x - 1) ** -1.5], 1.5, 3),
  unary("atanh", tf.atanh, (x) => [Math.atanh(x), 1 / (1 - x * x), (2 * x) / (1 - x * x) ** 2], -0.8, 0.8),
  unary("erf", tf.erf, erfDerivatives),
  unary("tanh", tf.tanh, tanhDerivatives),
  unary("sigmoid", tf.sigmoid, sigmoidDerivatives),
  unary("logSigmoid", tf.logSigmoid, (x) => [Math.log(sigmoid(x)), sigmoid(-x), -sigmoid(x) * sigmoid(-x)]),
  unary("softplus", tf.softplus, (x) => [Math.log1p(Math.exp(x)), sigmoid(x), sigmoid(x) * sigmoid(-x)]),
  unary("elu", tf.elu, (x) => (x > 0 ? piecewise(x, 1) : [Math.expm1(x), Math.exp(x), Math.exp(x)])),
  unary("selu", tf.selu, (x) => {
    const e = SELU_SCALEALPHA * Math.exp(x);
    return x > 0 ? piecewise(x, SELU_SCALE) : [e - SELU_SCALEALPHA, e, e];
  }),
  unary("relu", tf.relu, (x) => piecewise(x, x > 0 ? 1 : 0)),
  unary("relu6", tf.relu6, (x) => piecewise(x, x > 0 && x < 6 ? 1 : 0, Math.min(6, Math.max(0, x))), -9, 9),
  unary(
    "leakyRelu",
    (x) => tf.leakyRelu(x, 0.3),
    (x) => piecewise(x, x > 0 ? 1 : 0.3),
  ),
  unary(
    "clipByValue",
    (x) => tf.clipByValue(x, -0.8, 0.6),
    (x) => piecewise(x, x > -0.8 && x < 0.6 ? 1 : 0, Math.min(0.6, Math.max(-0.8, x))),
  ),
  unary(
    "pow with a constant exponent",
    (x) => tf.pow(x, 3),
    (x) => [x ** 3, 3 * x ** 2, 6 * x],
  ),
  unary(
    "cast",
    (x) => tf.cast(tf.clone(x), "float32"),
    (x) => piecewise(x, 1),
  ),
  {
    name: "gelu by erf",
    params: { x: parameter([2, 4], 2, -2, 2) },
    tensors: ({ x }) => tf.mul(tf.mul(0.5, x!), tf.add(1, tf.erf(tf.div(x!, Math.SQRT2)))),
    duals: ({ x }) => x!.map((a) => a.times(a.times(Math.SQRT1_2).map(erfDerivatives).plus(1)).times(0.5)),
  },
  {
    name: "gelu by tanh",
    params: { x: parameter([2, 4], 2, -2, 2) },
    tensors: ({ x }) => {
      const inner = tf.mul(SQRT_2_OVER_PI, tf.add(x!, tf.mul(0.044715, tf.pow(x!, 3))));
      return tf.mul(tf.mul(0.5, x!), tf.add(1, tf.tanh(inner)));
    },
    duals: ({ x }) =>
      x!.map((a) => {
        const inner = a.plus(a.times(a).times(a).times(0.044715)).times(SQRT_2_OVER_PI);
        return a.times(inner.map(tanhDerivatives).plus(1)).times(0.5);
      }),
  },
  {
    name: "swish",
    params: { x: parameter([2, 4], 3) },
    tensors: ({ x }) => tf.mul(x!, tf.sigmoid(x!)),
    duals: ({ x }) => x!.map((a) => a.times(a.map(sigmoidDerivatives))),
  },
  {
    name: "prelu",
    params: { x: parameter([2, 4], 1), alpha: parameter([4], 5) },
    tensors: ({ x, alpha }) => tf.prelu(x!, alpha!),
    duals: ({ x, alpha }) => x!.map((a, i) => (a.a > 0 ? a : a.times(alpha![i % 4]!))),
  },
  {
    name: "pow of positive bases, both variable",
    params: { a: parameter([2, 3], 1, 0.4, 2), b: parameter([3], 2, -1.5, 2) },
    tensors: ({ a, b }) => tf.pow(a!, b!),
    duals: ({ a, b }) => a!.map((each, i) => exp(log(each).times(b![i % 3]!))),
  },
  {
    name: "add, sub, mul and div with broadcasting",
    params: { a: parameter([2, 3], 1), b: parameter([3], 2), c: parameter([2, 1], 3, 0.5, 1.5), d: parameter([], 4) },
    tensors: ({ a, b, c, d }) => tf.sub(tf.div(tf.mul(a!, b!), c!), tf.mul(d!, tf.add(a!, b!))),
    duals: ({ a, b, c, d }) =>
      a!.map((each, i) => {
        const other = b![i % 3]!;
        return each
          .times(other)
          .over(c![Math.floor(i / 3)]!)
          .minus(d![0]!.times(each.plus(other)));
      }),
  },
  {
    name: "squaredDifference, maximum and minimum",
    params: { a: parameter([6], 1), b: parameter([6], 2) },
    tensors: ({ a, b }) =>
      tf.mul(tf.squaredDifference(a!, b!), tf.add(tf.maximum(tf.square(a!), b!), tf.minimum(a!, tf.square(b!)))),
    duals: ({ a, b }) =>
      a!.map((x, i) => {
        const y = b![i]!;
        return square(x.minus(y)).times(largest([square(x), y]).plus(smallest([x, square(y)])));
      }),
  },
  {
    name: "addN",
    params: { a: parameter([4], 1), b: parameter([4], 2) },
    tensors: ({ a, b }) => tf.addN([a!, tf.square(b!), tf.mul(a!, b!)]),
    duals: ({ a, b }) => a!.map((x, i) => total([x, square(b![i]!), x.times(b![i]!)])),
  },
  {
    name: "factors that are piecewise constant",
    params: { x: parameter([8], 6, -3, 3) },
    tensors: ({ x }) => {
      const y = tf.square(x!);
      const steps = tf.addN([tf.sign(x!), tf.floor(x!), tf.ceil(y), tf.round(y), tf.step(x!), tf.zerosLike(y)]);
      return tf.mul(y, tf.add(steps, tf.onesLike(y)));
    },
    duals: ({ x }) =>
      x!.map((each) => {
        const y = square(each);
        const step = each.a > 0 ? 1 : 0;
        const steps = Math.sign(each.a) + Math.floor(each.a) + Math.ceil(y.a) + Math.round(y.a) + step;
        return y.times(steps + 1);
      }),
  },
  {
    name: "where by comparison and logic",
    params: { x: parameter([8], 6), y: parameter([8], 7) },
    tensors: ({ x, y }) => {
      const inside = tf.logicalAnd(tf.less(x!, y!), tf.logicalNot(tf.greaterEqual(tf.square(x!), 1)));
      const either = tf.logicalOr(inside, tf.lessEqual(tf.add(x!, y!), -1));
      const different = tf.logicalAnd(tf.notEqual(x!, y!), tf.logicalNot(tf.equal(x!, y!)));
      const condition = tf.logicalAnd(tf.logicalAnd(either, different), tf.logicalNot(tf.greater(x!, 5)));
      return tf.where(condition, tf.mul(x!, y!), tf.square(y!));
    },
    duals: ({ x, y }) =>
      x!.map((a, i): HyperDual => {
        const b = y![i]!;
        const either = (a.a < b.a && a.a ** 2 < 1) || a.a + b.a <= -1;
        return either ? lift(a.times(b)) : square(b);
      }),
  },
];
