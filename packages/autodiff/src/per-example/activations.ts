import * as tf from "@tensorflow/tfjs-core";
import { indicator } from "./indicator.js";

/** How a convolution looks at its input; attributes of the kernel. */
export interface Convolution {
  kernel: readonly [height: number, width: number];
  strides: [number, number] | number;
  pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  dilations: [number, number] | number;
  dimRoundingMode?: "floor" | "round" | "ceil";
}

/** What a parameter multiplies: [n, positions, width], given as it is or as the patches of an image. */
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
 * the filter, in this order; `from` and `to` must then be multiples of the channels.
 *
 * A patch is cut out by a depthwise convolution with a filter that is 1 at one place: backends do that fast, and strides,
 * padding and dilation are those of the layer by construction.
 */
export function columnsOf(activations: Activations, from = 0, to = activations.width): tf.Tensor3D {
  if (activations.kind === "dense") {
    const { tensor, width } = activations;
    if (from === 0 && to === width) return tensor;
    return tf.slice(tensor, [0, 0, from], [-1, -1, to - from]);
  }
  const { positions, images, examples } = activations;
  return tf.tidy(() => {
    const channels = images.shape[3];
    const cuts: tf.Tensor3D[] = [];
    for (let place = from / channels; place < to / channels; place++) {
      cuts.push(tf.reshape(cutOut(activations, place), [examples, positions, channels]));
    }
    return cuts.length === 1 ? cuts[0]! : tf.concat(cuts, 2);
  });
}

/**
 * Products with some columns of the activations, summed over positions: factorᵢ [rows, positions] · columnsᵢ.
 *
 * @param factors - [n, rows, positions].
 * @returns [n, rows, to − from]. Patches are never held for more than one place of the filter.
 */
export function timesColumns(
  factors: tf.Tensor3D,
  activations: Activations,
  from = 0,
  to = activations.width,
): tf.Tensor3D {
  return tf.tidy(() => {
    const unit = activations.kind === "dense" ? to - from : columnUnit(activations);
    const products: tf.Tensor3D[] = [];
    for (let at = from; at < to; at += unit) {
      const columns = tf.tidy(() => columnsOf(activations, at, at + unit));
      const product = activations.positions === 1 ? tf.mul(factors, columns) : tf.matMul(factors, columns);
      products.push(product as tf.Tensor3D);
      if (activations.kind === "patches") columns.dispose();
    }
    return products.length === 1 ? products[0]! : tf.concat(products, 2);
  });
}

/** For each position the pixel under one place of the filter: [N, height out, width out, channels]. */
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

/** The width of the smallest piece that {@link columnsOf} gives. */
export const columnUnit = (activations: Activations): number =>
  activations.kind === "dense" ? 1 : activations.images.shape[3];
