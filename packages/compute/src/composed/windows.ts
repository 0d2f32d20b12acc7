import * as tf from "@tensorflow/tfjs-core";

type Padding = "same" | "valid" | number | tf.backend_util.ExplicitPadding;

/** Attributes of convolutions, pools and their gradients. */
export interface WindowAttributes {
  pad: Padding;
  strides: [number, number] | number;
  dilations?: [number, number] | number;
  dataFormat?: "NHWC" | "NCHW";
  dimRoundingMode?: "floor" | "round" | "ceil";
  filterSize?: [number, number] | number;
}
export type WindowInfo = tf.backend_util.Conv2DInfo;
type Shape = [number, number, number, number];

export const convolutionInfo = (
  shape: number[],
  filter: number[],
  { strides, dilations, pad, dimRoundingMode }: WindowAttributes,
  depthwise: boolean,
): WindowInfo =>
  tf.backend_util.computeConv2DInfo(
    shape as Shape,
    filter as Shape,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );

export const poolInfo = (
  shape: number[],
  { filterSize, strides, pad, dimRoundingMode }: WindowAttributes,
): WindowInfo => tf.backend_util.computePool2DInfo(shape as Shape, filterSize!, strides, 1, pad, dimRoundingMode);

/** The margin of zeros, or of a given value, that turns windows over the border into "valid" ones. */
function margins(info: WindowInfo): [[number, number], [number, number], [number, number], [number, number]] {
  const { top, left } = info.padInfo;
  const height = Math.max(top + info.inHeight, (info.outHeight - 1) * info.strideHeight + info.effectiveFilterHeight);
  const width = Math.max(left + info.inWidth, (info.outWidth - 1) * info.strideWidth + info.effectiveFilterWidth);
  return [
    [0, 0],
    [top, height - top - info.inHeight],
    [left, width - left - info.inWidth],
    [0, 0],
  ];
}

export const enlarge = (x: tf.Tensor, info: WindowInfo, value = 0): tf.Tensor4D =>
  tf.pad(x as tf.Tensor4D, margins(info), value);

export const enlargedShape = (shape: number[], info: WindowInfo): number[] =>
  margins(info).map(([before, after], axis) => before + shape[axis]! + after);

/** Removes the margins. */
export const shrink = (x: tf.Tensor, shape: number[], info: WindowInfo): tf.Tensor =>
  tf.slice(
    x,
    margins(info).map(([before]) => before),
    shape,
  );

/** Pixels of a window over those of it that lie inside the image: [1, outHeight, outWidth, 1]. */
export function overhang(info: WindowInfo): tf.Tensor {
  const inside = (outputs: number, stride: number, before: number, filter: number, size: number): number[] =>
    Array.from({ length: outputs }, (_, i) => {
      const start = i * stride - before;
      return Math.min(start + filter, size) - Math.max(start, 0);
    });
  const rows = inside(info.outHeight, info.strideHeight, info.padInfo.top, info.filterHeight, info.inHeight);
  const columns = inside(info.outWidth, info.strideWidth, info.padInfo.left, info.filterWidth, info.inWidth);
  const all = info.filterHeight * info.filterWidth;
  const factors = rows.flatMap((row) => columns.map((column) => all / (row * column)));
  return tf.tensor(factors, [1, info.outHeight, info.outWidth, 1]);
}

const dilationsOf = ({ dilations }: WindowAttributes): [number, number] =>
  typeof dilations === "number" ? [dilations, dilations] : (dilations ?? [1, 1]);

export const isDilated = (attrs: WindowAttributes): boolean => Math.max(...dilationsOf(attrs)) > 1;

/** The filter with zeros in between, whose plain convolution is the dilated one. */
export function stuffed(filter: tf.Tensor, attrs: WindowAttributes): tf.Tensor {
  const [down, across] = dilationsOf(attrs);
  const [height, width, ...channels] = filter.shape as Shape;
  const tall = tf.pad(tf.reshape<tf.Rank.R3>(filter, [height, 1, -1]), [
    [0, 0],
    [0, down - 1],
    [0, 0],
  ]);
  const wide = tf.pad(tf.reshape<tf.Rank.R3>(tall, [height * down * width, 1, -1]), [
    [0, 0],
    [0, across - 1],
    [0, 0],
  ]);
  const whole = tf.reshape(wide, [height * down, width * across, ...channels]);
  return tf.slice(whole, [0, 0, 0, 0], stuffedShape(filter.shape, attrs));
}

export function stuffedShape([height, width, ...channels]: number[], attrs: WindowAttributes): number[] {
  const [down, across] = dilationsOf(attrs);
  return [(height! - 1) * down + 1, (width! - 1) * across + 1, ...channels];
}

/** Removes the zeros again. */
export function unstuffed(filter: tf.Tensor, attrs: WindowAttributes): tf.Tensor {
  const [down, across] = dilationsOf(attrs);
  return tf.stridedSlice(filter, [0, 0, 0, 0], filter.shape, [down, across, 1, 1]);
}
