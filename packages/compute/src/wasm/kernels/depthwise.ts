import type { backend_util } from "@tensorflow/tfjs-core";
import { wasmKernel, type WasmKernel } from "../kernel.js";
import { windowArguments } from "../program/window.js";
import { bitsOf, type Runtime } from "../runtime.js";
import { geometry, type Attributes } from "./convolution.js";
import { channelWindows } from "./pooling.js";

/**
 * A channel with several filters counts as so many equal channels with one filter each:
 * `use` gets images `[count, height, width, inChannels · multiplier]` and windows over them.
 */
function repeatingChannels<T>(
  runtime: Runtime,
  info: backend_util.Conv2DInfo,
  use: (images: number, multiplier: number, windows: number[]) => T,
): T {
  const multiplier = info.outChannels / info.inChannels;
  const windows = windowArguments({ ...channelWindows(info), channels: info.outChannels });
  const pixels = info.batchSize * info.inHeight * info.inWidth;
  return runtime.scratch(4 * pixels * info.outChannels, (images) => use(images, multiplier, windows));
}

const backpropInput = wasmKernel<"dy" | "filter", Attributes & { inputShape: number[] }>(
  "DepthwiseConv2dNativeBackpropInput",
  ({ inputs: { dy, filter }, attrs, runtime }) => {
    const info = geometry("DepthwiseConv2dNativeBackpropInput", attrs.inputShape, filter.shape, attrs, true);
    const output = runtime.output(attrs.inputShape);
    const [to, signals, weights] = [runtime.address(output), runtime.address(dy), runtime.address(filter)];
    const numbers = info.batchSize * info.inHeight * info.inWidth * info.inChannels;
    if (info.outChannels === info.inChannels) {
      runtime.clear(to, 4 * numbers);
      runtime.spreadDepthwise(signals, weights, to, ...windowArguments(channelWindows(info)));
      return output;
    }
    repeatingChannels(runtime, info, (images, multiplier, windows) => {
      runtime.clear(images, 4 * numbers * multiplier);
      runtime.spreadDepthwise(signals, weights, images, ...windows);
      runtime.sumRows(images, to, numbers, multiplier, bitsOf(1));
    });
    return output;
  },
);

const backpropFilter = wasmKernel<"x" | "dy", Attributes & { filterShape: number[] }>(
  "DepthwiseConv2dNativeBackpropFilter",
  ({ inputs: { x, dy }, attrs, runtime }) => {
    const info = geometry("DepthwiseConv2dNativeBackpropFilter", x.shape, attrs.filterShape, attrs, true);
    const output = runtime.output(attrs.filterShape);
    const [to, signals, from] = [runtime.address(output), runtime.address(dy), runtime.address(x)];
    runtime.clear(to, 4 * info.filterHeight * info.filterWidth * info.outChannels);
    if (info.outChannels === info.inChannels) {
      runtime.gatherDepthwise(signals, from, to, ...windowArguments(channelWindows(info)));
      return output;
    }
    repeatingChannels(runtime, info, (images, multiplier, windows) => {
      const numbers = info.batchSize * info.inHeight * info.inWidth * info.inChannels;
      runtime.repeat(from, images, numbers, multiplier);
      runtime.gatherDepthwise(signals, images, to, ...windows);
    });
    return output;
  },
);

export const depthwiseKernels: WasmKernel[] = [backpropInput, backpropFilter];
