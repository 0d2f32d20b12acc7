import * as tf from "@tensorflow/tfjs-core";
import type { LayerLike } from "./layer.js";

/** The part of a Conv2D layer of `@tensorflow/tfjs-layers` 4 that is used. */
interface Convolution {
  kernel: { read(): tf.Tensor };
  bias: { read(): tf.Tensor } | null;
  activation: { apply(tensor: tf.Tensor): tf.Tensor } | null;
  strides: [number, number];
  padding: "same" | "valid";
  dataFormat: "channelsFirst" | "channelsLast";
  dilationRate: [number, number];
}

/**
 * What a dilated Conv2D computes, in operations that have gradients: the layer itself calls a fused convolution, whose gradient
 * TensorFlow.js refuses to take with dilation.
 *
 * @returns Undefined for every other layer.
 */
export function dilatedConvolution(layer: LayerLike): ((...parameters: unknown[]) => tf.Tensor) | undefined {
  if (layer.getClassName?.() !== "Conv2D") return undefined;
  const { kernel, bias, activation, strides, padding, dataFormat, dilationRate } = layer as unknown as Convolution;
  if (Math.max(...dilationRate) === 1) return undefined;
  return (inputs) =>
    tf.tidy(() => {
      const [x] = [inputs].flat() as [tf.Tensor4D];
      const first = dataFormat === "channelsFirst";
      const images = first ? tf.transpose(x, [0, 2, 3, 1]) : x;
      const product = tf.conv2d(images, kernel.read() as tf.Tensor4D, strides, padding, "NHWC", dilationRate);
      const shifted = bias === null ? product : tf.add(product, bias.read());
      const y = first ? tf.transpose(shifted, [0, 3, 1, 2]) : shifted;
      return activation === null ? y : activation.apply(y);
    });
}
