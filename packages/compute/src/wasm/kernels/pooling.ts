import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { wasmKernel, type WasmKernel } from "../kernel.js";
import { windowArguments, type ChannelWindows } from "../program/window.js";
import type { Runtime } from "../runtime.js";

interface Pooling {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: "same" | "valid" | number | backend_util.ExplicitPadding;
  dimRoundingMode?: "floor" | "round" | "ceil";
}

function poolWindows(input: TensorInfo, { filterSize, strides, pad, dimRoundingMode }: Pooling): ChannelWindows {
  const shape = input.shape as [number, number, number, number];
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return channelWindows(info);
}

/** The windows of a pooling or a depthwise convolution with one filter per channel. */
export const channelWindows = (info: backend_util.Conv2DInfo): ChannelWindows => ({
  count: info.batchSize,
  height: info.inHeight,
  width: info.inWidth,
  channels: info.inChannels,
  outHeight: info.outHeight,
  outWidth: info.outWidth,
  kernelHeight: info.filterHeight,
  kernelWidth: info.filterWidth,
  strideHeight: info.strideHeight,
  strideWidth: info.strideWidth,
  dilationHeight: info.dilationHeight,
  dilationWidth: info.dilationWidth,
  top: info.padInfo.top,
  left: info.padInfo.left,
});

/**
 * The adjoint of average pooling: a signal is divided by the pixels inside the image, as the forward pass divides.
 * (The cpu backend divides by the size of the window even where it extends over the border, which is not the gradient.)
 */
const avgPoolGrad = wasmKernel<"dy" | "input", Pooling>("AvgPoolGrad", ({ inputs: { dy, input }, attrs, runtime }) => {
  const windows = poolWindows(input, attrs);
  const { count, height, width, channels, outHeight, outWidth } = windows;
  const output = runtime.output(input.shape);
  const [from, to] = [runtime.address(dy), runtime.address(output)];
  const tiles = windows.kernelHeight === windows.strideHeight && windows.kernelWidth === windows.strideWidth;
  const coversAll =
    outHeight * windows.strideHeight >= height + windows.top && outWidth * windows.strideWidth >= width + windows.left;
  const places = tiles && coversAll;
  if (!places) runtime.clear(to, 4 * count * height * width * channels);
  eachImage(runtime, places ? "placeAverage" : "spreadAverage", windows, (signal, pixel) => [
    from + signal,
    to + pixel,
  ]);
  return output;
});

/** Calls a function of windows; many images are divided among threads. `addresses` gets byte offsets of the first image. */
function eachImage(
  runtime: Runtime,
  name: "placeAverage" | "spreadAverage" | "spreadToMaximum",
  windows: ChannelWindows,
  addresses: (signal: number, pixel: number) => number[],
): void {
  const { height, width, channels, outHeight, outWidth } = windows;
  const [pixels, signals] = [4 * height * width * channels, 4 * outHeight * outWidth * channels];
  runtime.divide(name, windows.count, pixels, (start, count) => [
    ...addresses(start * signals, start * pixels),
    ...windowArguments({ ...windows, count }),
  ]);
}

/** Each signal goes to the first maximum of its window, in rows, then columns. */
const maxPoolGrad = wasmKernel<"dy" | "input", Pooling>("MaxPoolGrad", ({ inputs: { dy, input }, attrs, runtime }) => {
  const windows = poolWindows(input, attrs);
  const output = runtime.output(input.shape);
  const address = runtime.address(output);
  runtime.clear(address, 4 * windows.count * windows.height * windows.width * windows.channels);
  const [from, signals] = [runtime.address(input), runtime.address(dy)];
  eachImage(runtime, "spreadToMaximum", windows, (signal, pixel) => [from + pixel, signals + signal, address + pixel]);
  return output;
});

export const poolingKernels: WasmKernel[] = [avgPoolGrad, maxPoolGrad];
