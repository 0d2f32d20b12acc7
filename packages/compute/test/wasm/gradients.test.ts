import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { prepareBackend } from "@sgdscope/compute";
import { expectSame, random, type Given } from "../support.js";

beforeAll(() => prepareBackend("wasm").then(() => undefined));

/** Operations that networks are made of, of one tensor each; their gradients come from TensorFlow.js. */
const operations: Record<string, [number[], (x: tf.Tensor) => tf.Tensor]> = {
  relu: [[4, 5], (x) => tf.relu(x)],
  relu6: [[4, 5], (x) => tf.relu6(tf.mul(x, 9))],
  leakyRelu: [[4, 5], (x) => tf.leakyRelu(x)],
  prelu: [[4, 5], (x) => tf.prelu(x, tf.fill([5], 0.3))],
  elu: [[4, 5], (x) => tf.elu(x)],
  selu: [[4, 5], (x) => tf.selu(x)],
  "gelu (erf)": [[4, 5], (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))))],
  swish: [[4, 5], (x) => tf.mul(x, tf.sigmoid(x))],
  softplus: [[4, 5], (x) => tf.softplus(x)],
  tanh: [[4, 5], (x) => tf.tanh(x)],
  sigmoid: [[4, 5], (x) => tf.sigmoid(x)],
  softmax: [[4, 5], (x) => tf.softmax(x)],
  logSoftmax: [[4, 5], (x) => tf.logSoftmax(x)],
  logSumExp: [[4, 5], (x) => tf.logSumExp(x, 1)],
  exp: [[4, 5], (x) => tf.exp(x)],
  log: [[4, 5], (x) => tf.log(tf.add(x, 2))],
  log1p: [[4, 5], (x) => tf.log1p(tf.mul(x, 0.5))],
  sqrt: [[4, 5], (x) => tf.sqrt(tf.add(x, 2))],
  rsqrt: [[4, 5], (x) => tf.rsqrt(tf.add(x, 2))],
  reciprocal: [[4, 5], (x) => tf.reciprocal(tf.add(x, 2))],
  sin: [[4, 5], (x) => tf.sin(x)],
  cos: [[4, 5], (x) => tf.cos(x)],
  abs: [[4, 5], (x) => tf.abs(x)],
  clipByValue: [[4, 5], (x) => tf.clipByValue(x, -0.5, 0.5)],
  pow: [[4, 5], (x) => tf.pow(tf.add(x, 2), 3)],
  div: [[4, 5], (x) => tf.div(x, tf.add(x, 3))],
  maximum: [[4, 5], (x) => tf.maximum(x, tf.mul(x, x))],
  minimum: [[4, 5], (x) => tf.minimum(x, tf.mul(x, x))],
  squaredDifference: [[4, 5], (x) => tf.squaredDifference(x, tf.fill([5], 0.2))],
  where: [[2, 3], (x) => tf.where(tf.tensor2d([1, 0, 1, 0, 0, 1], [2, 3], "bool"), x, tf.mul(x, x))],
  "bias over images": [[2, 3, 3, 4], (x) => tf.add(x, tf.sum(x, [0, 1, 2]))],
  sum: [[3, 4, 5], (x) => tf.sum(x, 1)],
  mean: [[3, 4, 5], (x) => tf.mean(x, [0, 2])],
  max: [[3, 4, 5], (x) => tf.max(x, 2)],
  min: [[3, 4, 5], (x) => tf.min(x, 0)],
  prod: [[3, 4], (x) => tf.prod(x, 1)],
  norm: [[3, 4], (x) => tf.norm(x, "euclidean", 1)],
  moments: [[6, 4], (x) => tf.moments(x, 0).variance],
  cumsum: [[3, 4], (x) => tf.cumsum(x, 1)],
  batchNorm: [[6, 4], (x) => tf.batchNorm(x, tf.mean(x, 0), tf.fill([4], 0.8), tf.fill([4], 0.1), tf.fill([4], 1.5))],
  "batchNorm of images": [
    [2, 3, 3, 4],
    (x) => tf.batchNorm(x as tf.Tensor4D, tf.fill([4], 0.1), tf.fill([4], 1.2), tf.fill([4], 0.1), tf.fill([4], 1.5)),
  ],
  "matMul, both transposed": [[4, 4], (x) => tf.matMul(x, tf.square(x), true, true)],
  "batched matMul": [[3, 4, 4], (x) => tf.matMul(x, tf.square(x), false, true)],
  dot: [[6], (x) => tf.dot(x, tf.square(x))],
  outerProduct: [[6], (x) => tf.outerProduct(x as tf.Tensor1D, tf.square(x) as tf.Tensor1D)],
  conv1d: [[2, 8, 3], (x) => tf.conv1d(x as tf.Tensor3D, tf.fill([3, 3, 4], 0.3), 2, "same")],
  conv2d: [[2, 6, 6, 3], (x) => tf.conv2d(x as tf.Tensor4D, tf.fill([3, 3, 3, 4], 0.3), 2, "same")],
  "conv2d's kernel": [
    [3, 3, 3, 4],
    (x) => tf.conv2d(tf.fill<tf.Rank.R4>([2, 6, 6, 3], 0.7), x as tf.Tensor4D, 2, "valid"),
  ],
  conv2dTranspose: [
    [2, 4, 4, 3],
    (x) => tf.conv2dTranspose(x as tf.Tensor4D, tf.fill([3, 3, 5, 3], 0.3), [2, 8, 8, 5], 2, "same"),
  ],
  depthwiseConv2d: [[2, 6, 6, 3], (x) => tf.depthwiseConv2d(x as tf.Tensor4D, tf.fill([3, 3, 3, 2], 0.3), 1, "same")],
  separableConv2d: [
    [2, 6, 6, 3],
    (x) =>
      tf.separableConv2d<tf.Tensor4D>(
        x as tf.Tensor4D,
        tf.fill([3, 3, 3, 2], 0.3),
        tf.fill([1, 1, 6, 4], 0.2),
        1,
        "same",
      ),
  ],
  conv3d: [[1, 4, 4, 4, 2], (x) => tf.conv3d(x as tf.Tensor5D, tf.fill([2, 2, 2, 2, 3], 0.3), 1, "valid")],
  "conv3d, strided": [[2, 5, 4, 5, 2], (x) => tf.conv3d(x as tf.Tensor5D, tf.fill([3, 2, 2, 2, 3], 0.3), 2, "same")],
  "conv3d's kernel": [
    [2, 3, 2, 2, 3],
    (x) => tf.conv3d(tf.fill<tf.Rank.R5>([2, 5, 4, 5, 2], 0.7), x as tf.Tensor5D, 2, "same"),
  ],
  maxPool3d: [[1, 4, 4, 4, 2], (x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, "valid")],
  avgPool3d: [[1, 4, 4, 4, 2], (x) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, "valid")],
  maxPool: [[2, 6, 6, 3], (x) => tf.maxPool<tf.Tensor4D>(x as tf.Tensor4D, 2, 2, "valid")],
  avgPool: [[2, 6, 6, 3], (x) => tf.avgPool<tf.Tensor4D>(x as tf.Tensor4D, 2, 2, "valid")],
  "global average pool": [[2, 6, 6, 3], (x) => tf.mean(x, [1, 2])],
  localResponseNormalization: [[2, 4, 4, 6], (x) => tf.localResponseNormalization(x as tf.Tensor4D)],
  resizeBilinear: [[1, 4, 4, 2], (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [7, 7])],
  resizeNearestNeighbor: [[1, 4, 4, 2], (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [8, 8])],
  reshape: [[4, 6], (x) => tf.reshape(x, [3, 8])],
  transpose: [[2, 3, 4], (x) => tf.transpose(x, [2, 0, 1])],
  slice: [[4, 5], (x) => tf.slice(x, [1, 2], [2, 3])],
  stridedSlice: [[4, 6], (x) => tf.slice(tf.reshape(x, [2, 2, 6]), [0, 1, 0], [2, 1, 6])],
  concat: [[4, 5], (x) => tf.concat([x, tf.square(x)], 1)],
  stack: [[4, 5], (x) => tf.stack([x, tf.square(x)])],
  unstack: [[3, 5], (x) => tf.unstack(x)[1]!],
  split: [[4, 6], (x) => tf.split(x, 2, 1)[1]!],
  pad: [
    [4, 5],
    (x) =>
      tf.pad(x, [
        [1, 0],
        [2, 1],
      ]),
  ],
  mirrorPad: [
    [4, 5],
    (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 1],
          [2, 1],
        ],
        "reflect",
      ),
  ],
  tile: [[2, 3], (x) => tf.tile(x, [2, 3])],
  broadcastTo: [[1, 3], (x) => tf.broadcastTo(x, [4, 3])],
  expandDims: [[4, 5], (x) => tf.expandDims(x, 1)],
  reverse: [[4, 5], (x) => tf.reverse(x, 1)],
  gather: [[5, 3], (x) => tf.gather(x, tf.tensor1d([4, 0, 4], "int32"))],
  "gather of columns": [[3, 5], (x) => tf.gather(x, tf.tensor1d([4, 0, 4], "int32"), 1)],
  spaceToBatchND: [
    [1, 4, 4, 2],
    (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
  ],
  batchToSpaceND: [
    [4, 2, 2, 2],
    (x) =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
  ],
  "cross-entropy": [[4, 5], (x) => tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d([0, 3, 4, 1], "int32"), 5), x)],
  "sigmoid cross-entropy": [[4, 5], (x) => tf.losses.sigmoidCrossEntropy(tf.fill([4, 5], 0.4), x)],
  "mean squared error": [[4, 5], (x) => tf.losses.meanSquaredError(tf.fill([4, 5], 0.4), x)],
};

describe("the gradient of Σ f(x)² on wasm agrees with cpu's for", () => {
  it.each(Object.entries(operations))("%s", async (_, [shape, f]) => {
    const given: Record<string, Given> = { x: random(shape) };
    await expectSame(given, ({ x }) => tf.grad((each: tf.Tensor) => tf.sum(tf.square(f(each))))(x!), {
      tolerance: 1e-5,
    });
  });
});

describe("a training step", () => {
  it("keeps the number of buffers and the size of the heap", async () => {
    await tf.setBackend("wasm");
    const wasm = tf.engine().backend as unknown as { wasm: { HEAPU8: Uint8Array } };
    const x = tf.ones<tf.Rank.R4>([32, 16, 16, 3]);
    const kernel = tf.fill<tf.Rank.R4>([3, 3, 3, 8], 0.1);
    const weights = tf.fill<tf.Rank.R2>([8 * 64, 10], 0.1);
    const gradient = tf.grads((k: tf.Tensor, w: tf.Tensor) => {
      const features = tf.avgPool(tf.relu(tf.conv2d(x, k as tf.Tensor4D, 1, "same")), 2, 2, "valid");
      return tf.sum(tf.square(tf.matMul(tf.reshape(features, [32, -1]), w as tf.Tensor2D)));
    });
    const step = (): void => tf.dispose(gradient([kernel, weights]));
    step();
    const before = {
      tensors: tf.memory().numTensors,
      buffers: tf.engine().backend.numDataIds(),
      heap: wasm.wasm.HEAPU8.length,
    };
    for (let i = 0; i < 20; i++) step();
    expect(tf.memory().numTensors).toBe(before.tensors);
    expect(tf.engine().backend.numDataIds()).toBe(before.buffers);
    expect(wasm.wasm.HEAPU8.length).toBe(before.heap);
    tf.dispose([x, kernel, weights]);
  });
});
