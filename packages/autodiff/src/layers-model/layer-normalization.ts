import * as tf from "@tensorflow/tfjs-core";
import type { LayerLike } from "./layer.js";

/** The part of a LayerNormalization layer of `@tensorflow/tfjs-layers` 4 that is used. */
interface Normalization {
  axis: number[];
  epsilon: number;
  gamma?: { read(): tf.Tensor };
  beta?: { read(): tf.Tensor };
}

/** LayerNormalization by broadcasting; the layer itself repeats scale and offset for every example. */
export function layerNormalization(layer: LayerLike): ((...parameters: unknown[]) => tf.Tensor) | undefined {
  if (layer.getClassName?.() !== "LayerNormalization") return undefined;
  const { axis, epsilon, gamma, beta } = layer as unknown as Normalization;
  return (inputs) =>
    tf.tidy(() => {
      const [x] = [inputs].flat() as [tf.Tensor];
      const sizes = x.shape.map((size, each) => (axis.includes(each) ? size : 1));
      const { mean, variance } = tf.moments(x, axis, true);
      const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
      const scaled = gamma == null ? normal : tf.mul(normal, tf.reshape(gamma.read(), sizes));
      return beta == null ? scaled : tf.add(scaled, tf.reshape(beta.read(), sizes));
    });
}
