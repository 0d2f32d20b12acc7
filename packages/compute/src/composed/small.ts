import * as tf from "@tensorflow/tfjs";
import { util } from "@tensorflow/tfjs";
import type { ComposedKernel } from "./kernel.js";
import { nativeKernel, type NativeCall } from "./native.js";
import { convolutionInfo, isDilated, type WindowAttributes, type WindowInfo } from "./windows.js";

/*
 * On a processor TensorFlow hands products and convolutions to oneDNN, which prepares each for longer than a small one takes. What it
 * leaves to Eigen: BatchMatMulV3, and convolutions whose padding is explicit. Eigen must be kept from handing them on to the sgemm of oneDNN,
 * as `keepEigenAlone` does.
 */

/** Multiplications of a product up to which Eigen was faster throughout. */
const SMALL_PRODUCT = 2 ** 18;
/** The same for the gradients of a convolution: one to four images. */
const SMALL_CONVOLUTION = 2 ** 22;

interface Product {
  transposeA: boolean;
  transposeB: boolean;
}

/** A small product of matrices, or of batches of them. */
const product = nativeKernel<"a" | "b", Product>(
  "BatchMatMul",
  ({ inputs: { a, b }, attrs: { transposeA, transposeB }, onGpu }) => {
    if (onGpu || a.dtype !== "float32" || b.dtype !== "float32") return false;
    const rows = a.shape.at(transposeA ? -1 : -2)!;
    const columns = b.shape.at(transposeB ? -2 : -1)!;
    return Math.max(util.sizeFromShape(a.shape) * columns, util.sizeFromShape(b.shape) * rows) <= SMALL_PRODUCT;
  },
  ({ inputs: { a, b }, attrs: { transposeA, transposeB }, execute }) =>
    execute("BatchMatMulV3", [a, b], { adj_x: transposeA, adj_y: transposeB }, ["Ta", "Tb", "Tout"]),
);

type FilterAttributes = WindowAttributes & { filterShape: number[] };
type InputAttributes = WindowAttributes & { inputShape: number[] };

/** Whether a gradient of the convolution is one of few multiplications, and none that others here see to. */
function isSmall(info: WindowInfo, attrs: WindowAttributes): boolean {
  const { batchSize, outHeight, outWidth, filterHeight, filterWidth, inChannels, outChannels } = info;
  const multiplications = batchSize * outHeight * outWidth * filterHeight * filterWidth * inChannels * outChannels;
  return (
    multiplications > 0 &&
    multiplications <= SMALL_CONVOLUTION &&
    (info.padInfo.type === "SAME" || info.padInfo.type === "VALID") &&
    attrs.dataFormat !== "NCHW" &&
    !isDilated(attrs)
  );
}

/** Runs the operation with the padding of `info` spelled out; `shape` goes with it as a tensor. */
function withPadding(
  { execute }: NativeCall<string, object>,
  operation: string,
  { padInfo: { top, bottom, left, right }, strideHeight, strideWidth }: WindowInfo,
  shape: number[],
  inputs: (shape: tf.TensorInfo) => tf.TensorInfo[],
): tf.TensorInfo {
  const sizes = tf.tensor1d(shape, "int32");
  try {
    return execute(operation, inputs(sizes), {
      strides: [1, strideHeight, strideWidth, 1],
      padding: "EXPLICIT",
      explicit_paddings: [0, 0, top, bottom, left, right, 0, 0],
      data_format: "NHWC",
      dilations: [1, 1, 1, 1],
      use_cudnn_on_gpu: true,
    });
  } finally {
    sizes.dispose();
  }
}

const byFilter = ({ inputs: { x }, attrs }: NativeCall<"x" | "dy", FilterAttributes>): WindowInfo =>
  convolutionInfo(x.shape, attrs.filterShape, attrs, false);

const filterGradient = nativeKernel<"x" | "dy", FilterAttributes>(
  "Conv2DBackpropFilter",
  (call) => !call.onGpu && call.inputs.x.dtype === "float32" && isSmall(byFilter(call), call.attrs),
  (call) => {
    const { inputs, attrs } = call;
    return withPadding(call, "Conv2DBackpropFilter", byFilter(call), attrs.filterShape, (shape) => [
      inputs.x,
      shape,
      inputs.dy,
    ]);
  },
);

const byInput = ({ inputs: { filter }, attrs }: NativeCall<"dy" | "filter", InputAttributes>): WindowInfo =>
  convolutionInfo(attrs.inputShape, filter.shape, attrs, false);

const inputGradient = nativeKernel<"dy" | "filter", InputAttributes>(
  "Conv2DBackpropInput",
  (call) => !call.onGpu && call.inputs.dy.dtype === "float32" && isSmall(byInput(call), call.attrs),
  (call) => {
    const { inputs, attrs } = call;
    return withPadding(call, "Conv2DBackpropInput", byInput(call), attrs.inputShape, (shape) => [
      shape,
      inputs.filter,
      inputs.dy,
    ]);
  },
);

/** Small products and gradients of small convolutions, without the preparations for large ones. */
export const smallKernels: ComposedKernel[] = [product, filterGradient, inputGradient];
