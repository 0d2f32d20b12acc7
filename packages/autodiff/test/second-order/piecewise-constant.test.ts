import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { flatten, hessianAt } from "../../src/index.js";
import { piecewiseConstantKernels } from "../../src/second-order/piecewise-constant.js";

/** Factors [3] or scalar that depend on x [3], each by the kernel of its name. */
const factors: Record<string, (x: tf.Tensor1D) => tf.Tensor> = {
  All: (x) => tf.all(tf.greater(x, -9)),
  Any: (x) => tf.any(tf.greater(x, 1)),
  ArgMax: (x) => tf.argMax(x),
  ArgMin: (x) => tf.argMin(x),
  Ceil: tf.ceil,
  Equal: (x) => tf.equal(x, 2),
  Floor: tf.floor,
  Greater: (x) => tf.greater(x, 0),
  GreaterEqual: (x) => tf.greaterEqual(x, 0),
  IsFinite: tf.isFinite,
  IsInf: tf.isInf,
  IsNan: tf.isNaN,
  Less: (x) => tf.less(x, 0),
  LessEqual: (x) => tf.lessEqual(x, 0),
  LogicalAnd: (x) => tf.logicalAnd(tf.less(x, 1), tf.greater(x, -1)),
  LogicalNot: (x) => tf.logicalNot(tf.less(x, 1)),
  LogicalOr: (x) => tf.logicalOr(tf.less(x, -1), tf.greater(x, 1)),
  NotEqual: (x) => tf.notEqual(x, 2),
  OneHot: (x) => tf.sum(tf.oneHot(tf.cast(x, "int32"), 3), 1),
  OnesLike: tf.onesLike,
  Round: tf.round,
  Sign: tf.sign,
  Step: (x) => tf.step(x, 0.5),
  ZerosLike: tf.zerosLike,
};

beforeAll(async () => {
  await prepareBackend("cpu");
});

it("lists the kernels that are tried here, and no others", () => {
  expect(Object.keys(factors)).toEqual([...piecewiseConstantKernels]);
});

it.each(Object.entries(factors))("%s is a constant factor: H of Σ c(x)·x² is 2 diag(c)", async (kernel, factor) => {
  const before = tf.memory().numTensors;
  const x = tf.tensor1d([0.6, -1.3, 2.2]);
  const v = tf.tensor1d([1, 2, 3]);
  const weight = (at: tf.Tensor): tf.Tensor => tf.cast(factor(at as tf.Tensor1D), "float32");
  const { kernelNames } = await tf.profile(() => tf.dispose(tf.tidy(() => weight(x))));
  expect(kernelNames).toContain(kernel);

  const hessian = hessianAt((at) => tf.sum(tf.mul(weight(at["x"]!), tf.square(at["x"]!))), { x });
  const product = hessian.product({ x: v });
  const expected = tf.tidy(() => tf.mul(tf.mul(weight(x), 2), v));
  expect(await flatten(product)).toEqual(await flatten({ expected }));
  hessian.dispose();
  tf.dispose([product, expected, x, v]);
  expect(tf.memory().numTensors).toBe(before);
});
