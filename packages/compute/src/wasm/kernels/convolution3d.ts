import { backend_util, util } from "@tensorflow/tfjs-core";
import { correlateFilter } from "../correlate.js";
import { wasmKernel, type WasmKernel } from "../kernel.js";
import { correlateInput, inputsOf, windowsOf, type ConvolutionSizes } from "./convolution.js";

interface Attributes {
  strides: [number, number, number] | number;
  pad: "same" | "valid";
}
type Shape5 = [number, number, number, number, number];

/** A pair of slices that meet: of the volume, of the signals, and the slice of the filter between them, in bytes. */
interface Meeting {
  image: number;
  signal: number;
  tap: number;
}

/** Splits a three-dimensional convolution into two-dimensional ones, one per image, depth and tap in depth. */
function slices(
  inputShape: number[],
  filterShape: number[],
  { strides, pad }: Attributes,
): { sizes: ConvolutionSizes; meetings: Meeting[] } {
  const info = backend_util.computeConv3DInfo(inputShape as Shape5, filterShape as Shape5, strides, 1, pad);
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth } = info;
  const imageBytes = 4 * inHeight * inWidth * inChannels;
  const signalBytes = 4 * outHeight * outWidth * outChannels;
  const tapBytes = 4 * filterHeight * filterWidth * inChannels * outChannels;
  const meetings: Meeting[] = [];
  for (let n = 0; n < info.batchSize; n++) {
    for (let out = 0; out < info.outDepth; out++) {
      for (let tap = 0; tap < info.filterDepth; tap++) {
        const depth = out * info.strideDepth + tap - info.padInfo.front;
        if (depth < 0 || depth >= info.inDepth) continue;
        meetings.push({
          image: (n * info.inDepth + depth) * imageBytes,
          signal: (n * info.outDepth + out) * signalBytes,
          tap: tap * tapBytes,
        });
      }
    }
  }
  return { sizes: { ...info, batchSize: 1 }, meetings };
}

/** The kernels of the wasm backend of TensorFlow.js 4.22 for these two return wrong numbers, without an error. */
const backpropFilter = wasmKernel<"x" | "dy", Attributes & { filterShape: number[] }>(
  "Conv3DBackpropFilterV2",
  ({ inputs: { x, dy }, attrs, runtime }) => {
    const { sizes, meetings } = slices(x.shape, attrs.filterShape, attrs);
    const output = runtime.output(attrs.filterShape);
    const [images, signals, to] = [runtime.address(x), runtime.address(dy), runtime.address(output)];
    runtime.clear(to, 4 * util.sizeFromShape(attrs.filterShape));
    for (const { image, signal, tap } of meetings) {
      const input = inputsOf(sizes, images + image);
      correlateFilter(runtime, input, windowsOf(sizes), signals + signal, sizes.outChannels, to + tap);
    }
    return output;
  },
);

const backpropInput = wasmKernel<"dy" | "filter", Attributes & { inputShape: number[] }>(
  "Conv3DBackpropInputV2",
  ({ inputs: { dy, filter }, attrs, runtime }) => {
    const { sizes, meetings } = slices(attrs.inputShape, filter.shape, attrs);
    const output = runtime.output(attrs.inputShape);
    const [signals, weights, to] = [runtime.address(dy), runtime.address(filter), runtime.address(output)];
    runtime.clear(to, 4 * util.sizeFromShape(attrs.inputShape));
    for (const { image, signal, tap } of meetings) {
      correlateInput(runtime, sizes, signals + signal, weights + tap, to + image, true);
    }
    return output;
  },
);

export const convolution3dKernels: WasmKernel[] = [backpropFilter, backpropInput];
