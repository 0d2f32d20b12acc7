import * as tf from "@tensorflow/tfjs-core";
import { indicator } from "./indicator.js";

/** How a convolution reads its input; attributes of the kernel. */
export interface Convolution {
  kernel: readonly [height: number, width: number];
  strides: [number, number] | number;
  pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  dilations: [number, number] | number;
  dimRoundingMode?: "floor" | "round" | "ceil";
}

/** The factor of a parameter: [n, positions, width], as a tensor or as the patches of an image. */
export type Activations =
  | { kind: "dense"; positions: number; width: number; tensor: tf.Tensor3D }
  | {
      kind: "patches";
      positions: number;
      width: number;
      images: tf.Tensor4D;
      examples: number;
      convolution: Convolution;
    };

/**
 * Some columns of the activations, [n, positions, to − from]. Patches have one column for each (row, column, channel) of
 * the filter, in this order; `from` and `to` must then be multiples of {@link columnUnit}.
 */
export function columnsOf(activations: Activations, from = 0, to = activations.width): tf.Tensor3D {
  if (activations.kind === "dense") {
    const { tensor, width } = activations;
    if (from === 0 && to === width) return tensor;
    return tf.slice(tensor, [0, 0, from], [-1, -1, to - from]);
  }
  const { positions, examples } = activations;
  const shape: [number, number, number] = [examples, positions, to - from];
  return tf.tidy(() => {
    if (isNarrow(activations)) return tf.reshape(seenThroughIdentity(activations, from, to), shape);
    const cuts = cutsOf(activations, from, to);
    return tf.reshape(cuts.length === 1 ? cuts[0]! : tf.transpose(tf.stack(cuts, 1), [0, 2, 1, 3]), shape);
  });
}

/** The same columns as rows, [n, to − from, positions]: factors on the left of products over positions. */
export function tapsOf(activations: Activations, from = 0, to = activations.width): tf.Tensor3D {
  return tf.tidy(() => {
    if (activations.kind === "dense" || isNarrow(activations)) {
      const columns = columnsOf(activations, from, to);
      if (columns.shape[1] === 1) return tf.reshape(columns, [columns.shape[0], columns.shape[2], 1]);
      return tf.transpose(columns, [0, 2, 1]);
    }
    const taps = tf.transpose(tf.stack(cutsOf(activations, from, to), 1), [0, 1, 3, 2]);
    return tf.reshape(taps, [activations.examples, to - from, activations.positions]);
  });
}

type Patches = Extract<Activations, { kind: "patches" }>;

/** Up to so few channels a convolution with the identity is faster than cutting out; up to this width also cheap. */
const narrow = { channels: 8, width: 128 };

const isNarrow = ({ images, width }: Patches): boolean => images.shape[3] < narrow.channels && width <= narrow.width;

/** Columns of patches as outputs of a convolution whose filter is the identity: [N, height out, width out, to − from]. */
function seenThroughIdentity({ images, width, convolution }: Patches, from: number, to: number): tf.Tensor4D {
  const { kernel, strides, pad, dilations, dimRoundingMode } = convolution;
  const identity = new Float32Array(width * (to - from));
  for (let column = from; column < to; column++) identity[column * (to - from) + column - from] = 1;
  const filter = tf.tensor4d(identity, [...kernel, images.shape[3], to - from]);
  return tf.conv2d(images, filter, strides, pad, "NHWC", dilations, dimRoundingMode);
}

/** Columns of patches, place by place of the filter: each [n, positions, channels]. */
function cutsOf(activations: Patches, from: number, to: number): tf.Tensor3D[] {
  const { positions, images, examples } = activations;
  const channels = images.shape[3];
  const places = Array.from({ length: (to - from) / channels }, (_, k) => from / channels + k);
  return places.map((place) => tf.tidy(() => tf.reshape(cutOut(activations, place), [examples, positions, channels])));
}

/**
 * For each position the pixel under one place of the filter: [N, height out, width out, channels].
 *
 * It is cut out by a depthwise convolution with a filter that is 1 at one place: backends do this fast, and strides,
 * padding and dilation are those of the layer by construction.
 */
export function cutOut(
  { images, convolution }: { images: tf.Tensor4D; convolution: Convolution },
  place: number,
): tf.Tensor4D {
  const { kernel, strides, pad, dilations, dimRoundingMode } = convolution;
  const [height, width] = kernel;
  const channels = images.shape[3];
  const atOnePlace = indicator(height * width, place);
  const filter = tf.tile(tf.reshape<tf.Rank.R4>(atOnePlace, [height, width, 1, 1]), [1, 1, channels, 1]);
  return tf.depthwiseConv2d(images, filter, strides, pad, "NHWC", dilations, dimRoundingMode);
}

/** The width of the smallest piece of {@link columnsOf}. */
export const columnUnit = (activations: Activations): number =>
  activations.kind === "dense" ? 1 : activations.images.shape[3];

/** The width of pieces that cost least to make and use once. */
export const pieceWidth = (activations: Activations): number =>
  activations.kind === "dense" || isNarrow(activations) ? activations.width : columnUnit(activations);
