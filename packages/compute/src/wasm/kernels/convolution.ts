import { backend_util, util, type TensorInfo } from "@tensorflow/tfjs-core";
import { correlate, correlateFilter, type Images, type Target, type Windows } from "../correlate.js";
import { partialKernel, wasmKernel, type WasmKernel } from "../kernel.js";
import type { Runtime } from "../runtime.js";
import { canFinish, finishFused } from "./fused.js";

export interface Attributes {
  strides: [number, number] | number;
  pad: "same" | "valid" | number | backend_util.ExplicitPadding;
  dataFormat?: "NHWC" | "NCHW";
  dimRoundingMode?: "floor" | "round" | "ceil";
  /** The public operations differentiate undilated convolutions only; these kernels differentiate all. */
  dilations?: [number, number] | number;
}
type Shape4 = [number, number, number, number];

export function geometry(
  kernel: string,
  inputShape: number[],
  filterShape: number[],
  { strides, pad, dataFormat = "NHWC", dimRoundingMode, dilations = 1 }: Attributes,
  depthwise = false,
): backend_util.Conv2DInfo {
  if (dataFormat !== "NHWC") throw new RangeError(`${kernel}: expected dataFormat "NHWC" on wasm, got "${dataFormat}"`);
  const [input, filter] = [inputShape as Shape4, filterShape as Shape4];
  return backend_util.computeConv2DInfo(input, filter, strides, dilations, pad, dimRoundingMode, depthwise);
}

/** The sizes that the two-dimensional functions use; a slice of a three-dimensional convolution has them too. */
export type ConvolutionSizes = Pick<
  backend_util.Conv2DInfo,
  | ("batchSize" | "inHeight" | "inWidth" | "inChannels" | "outHeight" | "outWidth" | "outChannels")
  | ("filterHeight" | "filterWidth" | "strideHeight" | "strideWidth" | "dilationHeight" | "dilationWidth")
> & { padInfo: { top: number; left: number } };

export const windowsOf = (info: ConvolutionSizes): Windows => ({
  top: info.padInfo.top,
  left: info.padInfo.left,
  outHeight: info.outHeight,
  outWidth: info.outWidth,
  strideHeight: info.strideHeight,
  strideWidth: info.strideWidth,
  kernelHeight: info.filterHeight,
  kernelWidth: info.filterWidth,
  dilationHeight: info.dilationHeight,
  dilationWidth: info.dilationWidth,
});
export const inputsOf = (info: ConvolutionSizes, address: number): Images => ({
  address,
  count: info.batchSize,
  height: info.inHeight,
  width: info.inWidth,
  channels: info.inChannels,
});

/** The strides of a whole tensor [count, outHeight, outWidth, outChannels]. */
const targetOf = (info: backend_util.Conv2DInfo, address: number): Target => ({
  address,
  imageBytes: 4 * info.outHeight * info.outWidth * info.outChannels,
  rowBytes: 4 * info.outWidth * info.outChannels,
  pixelBytes: 4 * info.outChannels,
});

function convolve(kernel: string, runtime: Runtime, x: TensorInfo, filter: TensorInfo, attrs: Attributes): TensorInfo {
  const info = geometry(kernel, x.shape, filter.shape, attrs);
  const output = runtime.output(info.outShape);
  const images = inputsOf(info, runtime.address(x));
  const target = targetOf(info, runtime.address(output));
  correlate(runtime, images, windowsOf(info), runtime.address(filter), info.outChannels, target);
  return output;
}

const conv2d = wasmKernel<"x" | "filter", Attributes>("Conv2D", ({ inputs: { x, filter }, attrs, runtime }) =>
  convolve("Conv2D", runtime, x, filter, attrs),
);

type FusedInputs = Record<"x" | "filter", TensorInfo> & Partial<Record<"bias", TensorInfo>>;

/** The kernel of layers with a linear activation, also under a gradient. */
const fusedConv2d = partialKernel<"x" | "filter", Attributes & { activation?: string }>(
  "FusedConv2D",
  ({ inputs, attrs }) => {
    const { filter, bias } = inputs as FusedInputs;
    return (attrs.dataFormat ?? "NHWC") === "NHWC" && canFinish(bias, filter.shape.at(-1)!, attrs.activation);
  },
  (call) => {
    const { x, filter, bias } = call.inputs as FusedInputs;
    const output = convolve("FusedConv2D", call.runtime, x, filter, call.attrs);
    return finishFused(call, output, bias, call.attrs.activation);
  },
);

const conv2dBackpropFilter = wasmKernel<"x" | "dy", Attributes & { filterShape: number[] }>(
  "Conv2DBackpropFilter",
  ({ inputs: { x, dy }, attrs, runtime }) => {
    const info = geometry("Conv2DBackpropFilter", x.shape, attrs.filterShape, attrs);
    const output = runtime.output(attrs.filterShape);
    const images = inputsOf(info, runtime.address(x));
    runtime.clear(runtime.address(output), 4 * util.sizeFromShape(attrs.filterShape));
    correlateFilter(runtime, images, windowsOf(info), runtime.address(dy), info.outChannels, runtime.address(output));
    return output;
  },
);

const conv2dBackpropInput = wasmKernel<"dy" | "filter", Attributes & { inputShape: number[] }>(
  "Conv2DBackpropInput",
  ({ inputs: { dy, filter }, attrs, runtime }) => {
    const info = geometry("Conv2DBackpropInput", attrs.inputShape, filter.shape, attrs);
    const output = runtime.output(attrs.inputShape);
    correlateInput(runtime, info, runtime.address(dy), runtime.address(filter), runtime.address(output));
    return output;
  },
);

/** The taps that reach the input pixels `phase, phase + stride, …` of one axis. */
interface Phase {
  phase: number;
  /** Pixels of this phase. */
  count: number;
  /** Taps in descending order: ascending in the signals they meet. */
  taps: number[];
  /** The signal that pixel 0 of the phase meets with the first of `taps`; the others follow `dilation` apart. */
  offset: number;
  dilation: number;
}

/**
 * Input pixel i receives signal o through tap k where `o·stride + k·dilation − pad = i`. Pixels of one residue of i
 * modulo the stride meet the same taps, at signals that move by one with each pixel: a correlation without a stride.
 */
function phases(size: number, kernel: number, stride: number, dilation: number, pad: number): Phase[] {
  return Array.from({ length: Math.min(stride, size) }, (_, phase) => {
    const taps = Array.from({ length: kernel }, (_, k) => kernel - 1 - k).filter(
      (k) => (phase + pad - k * dilation) % stride === 0,
    );
    const signal = (k: number): number => (phase + pad - k * dilation) / stride;
    return {
      phase,
      count: Math.ceil((size - phase) / stride),
      taps,
      offset: taps.length > 0 ? signal(taps[0]!) : 0,
      dilation: taps.length > 1 ? signal(taps[1]!) - signal(taps[0]!) : 1,
    };
  });
}

/** The gradient of a convolution with respect to its images; optionally added to the present values. */
export function correlateInput(
  runtime: Runtime,
  info: ConvolutionSizes,
  signals: number,
  filter: number,
  gradient: number,
  accumulate = false,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterWidth } = info;
  const rows = phases(inHeight, info.filterHeight, info.strideHeight, info.dilationHeight, info.padInfo.top);
  const columns = phases(inWidth, filterWidth, info.strideWidth, info.dilationWidth, info.padInfo.left);
  const pixelBytes = 4 * inChannels;
  const rowBytes = inWidth * pixelBytes;
  const imageBytes = inHeight * rowBytes;
  const tapBytes = 4 * inChannels * outChannels;
  if (!accumulate && [...rows, ...columns].some(({ taps }) => taps.length === 0))
    runtime.clear(gradient, batchSize * imageBytes);

  const images: Images = {
    address: signals,
    count: batchSize,
    height: outHeight,
    width: outWidth,
    channels: outChannels,
  };
  runtime.scratch(info.filterHeight * filterWidth * tapBytes, (turned) => {
    for (const row of rows) {
      for (const column of columns) {
        if (row.taps.length === 0 || column.taps.length === 0) continue;
        row.taps.forEach((k, i) =>
          column.taps.forEach((l, j) =>
            runtime.transpose(
              filter + (k * filterWidth + l) * tapBytes,
              turned + (i * column.taps.length + j) * tapBytes,
              1,
              inChannels,
              outChannels,
            ),
          ),
        );
        const windows: Windows = {
          top: -row.offset,
          left: -column.offset,
          outHeight: row.count,
          outWidth: column.count,
          strideHeight: 1,
          strideWidth: 1,
          kernelHeight: row.taps.length,
          kernelWidth: column.taps.length,
          dilationHeight: row.dilation,
          dilationWidth: column.dilation,
        };
        correlate(runtime, images, windows, turned, inChannels, {
          accumulate,
          address: gradient + row.phase * rowBytes + column.phase * pixelBytes,
          imageBytes,
          rowBytes: info.strideHeight * rowBytes,
          pixelBytes: info.strideWidth * pixelBytes,
        });
      }
    }
  });
}

export const convolutionKernels: WasmKernel[] = [conv2d, fusedConv2d, conv2dBackpropFilter, conv2dBackpropInput];
