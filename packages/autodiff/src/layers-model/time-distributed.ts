import * as tf from "@tensorflow/tfjs-core";
import type { Call, LayerLike } from "./layer.js";

/** A layer applied to every step, as to one long batch of all steps; the layer itself puts time first. */
export function timeDistributed(layer: LayerLike): Call | undefined {
  if (layer.getClassName?.() !== "TimeDistributed") return undefined;
  const { layer: inner } = layer as unknown as { layer: LayerLike };
  return (inputs, kwargs) =>
    tf.tidy(() => {
      const [x] = [inputs].flat() as [tf.Tensor];
      const [examples, steps, ...shape] = x.shape as [number, number, ...number[]];
      const [y] = [inner.call!(tf.reshape(x, [examples * steps, ...shape]), kwargs)].flat() as [tf.Tensor];
      return tf.reshape(y, [examples, steps, ...y.shape.slice(1)]);
    });
}
