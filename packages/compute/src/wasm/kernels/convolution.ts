import { backend_util, type KernelConfig, type NamedAttrMap, type TensorInfo } from "@tensorflow/tfjs";
import { correlate, correlateFilter, type Images, type Windows } from "../correlate.js";
import { runtimeOf, type Runtime } from "../runtime.js";

interface Attributes {
  strides: [number, number] | number;
  pad: "same" | "valid" | number | backend_util.ExplicitPadding;
  dataFormat?: "NHWC" | "NCHW";
  dimRoundingMode?: "floor" | "round" | "ceil";
  /** The public operations only differentiate undilated convolutions; these kernels differentiate all. */
  dilations?: [number, number] | number;
  filterShape?: [number, number, number, number];
  inputShape?: [number, number, number, number];
}
type Shape4 = [number, number, number, number];

function geometry(inputShape: Shape4, filterShape: Shape4, attrs: NamedAttrMap | undefined): backend_util.Conv2DInfo {
  const { strides, pad, dataFormat, dimRoundingMode, dilations } = attrs as unknown as Attributes;
  const format = backend_util.convertConv2DDataFormat(dataFormat ?? "NHWC");
  return backend_util.computeConv2DInfo(
    inputShape,
    filterShape,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    false,
    format,
  );
}

const windowsOf = (info: backend_util.Conv2DInfo): Windows => ({
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
const inputsOf = (info: backend_util.Conv2DInfo, address: number): Images => ({
  address,
  count: info.batchSize,
  height: info.inHeight,
  width: info.inWidth,
  channels: info.inChannels,
});

const conv2d: KernelConfig = {
  kernelName: "Conv2D",
  backendName: "wasm",
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, filter } = inputs as Record<"x" | "filter", TensorInfo>;
    const runtime = runtimeOf(backend);
    const info = geometry(x.shape as Shape4, filter.shape as Shape4, attrs);
    const output = runtime.output(info.outShape);
    const pixelBytes = 4 * info.outChannels;
    correlate(runtime, inputsOf(info, runtime.address(x)), windowsOf(info), runtime.address(filter), info.outChannels, {
      address: runtime.address(output),
      imageBytes: info.outHeight * info.outWidth * pixelBytes,
      rowBytes: info.outWidth * pixelBytes,
      pixelBytes,
    });
    return output;
  },
};

const conv2dBackpropFilter: KernelConfig = {
  kernelName: "Conv2DBackpropFilter",
  backendName: "wasm",
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, dy } = inputs as Record<"x" | "dy", TensorInfo>;
    const { filterShape } = attrs as unknown as { filterShape: Shape4 };
    const runtime = runtimeOf(backend);
    const info = geometry(x.shape as Shape4, filterShape, attrs);
    const output = runtime.output(filterShape);
    const images = inputsOf(info, runtime.address(x));
    correlateFilter(runtime, images, windowsOf(info), runtime.address(dy), info.outChannels, runtime.address(output));
    return output;
  },
};

const conv2dBackpropInput: KernelConfig = {
  kernelName: "Conv2DBackpropInput",
  backendName: "wasm",
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { dy, filter } = inputs as Record<"dy" | "filter", TensorInfo>;
    const { inputShape } = attrs as unknown as { inputShape: Shape4 };
    const runtime = runtimeOf(backend);
    const info = geometry(inputShape, filter.shape as Shape4, attrs);
    const output = runtime.output(inputShape);
    correlateInput(runtime, info, runtime.address(dy), runtime.address(filter), runtime.address(output));
    return output;
  },
};

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

function correlateInput(
  runtime: Runtime,
  info: backend_util.Conv2DInfo,
  signals: number,
  filter: number,
  gradient: number,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterWidth } = info;
  const rows = phases(inHeight, info.filterHeight, info.strideHeight, info.dilationHeight, info.padInfo.top);
  const columns = phases(inWidth, filterWidth, info.strideWidth, info.dilationWidth, info.padInfo.left);
  const pixelBytes = 4 * inChannels;
  const rowBytes = inWidth * pixelBytes;
  const imageBytes = inHeight * rowBytes;
  const tapBytes = 4 * inChannels * outChannels;
  if ([...rows, ...columns].some(({ taps }) => taps.length === 0)) runtime.clear(gradient, batchSize * imageBytes);

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
          address: gradient + row.phase * rowBytes + column.phase * pixelBytes,
          imageBytes,
          rowBytes: info.strideHeight * rowBytes,
          pixelBytes: info.strideWidth * pixelBytes,
        });
      }
    }
  });
}

export const convolutionKernels: KernelConfig[] = [conv2d, conv2dBackpropFilter, conv2dBackpropInput];
