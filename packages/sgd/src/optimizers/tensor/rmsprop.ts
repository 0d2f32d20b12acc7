import * as tf from "@tensorflow/tfjs-core";
import type { RmsProp } from "../optimizer.js";
import type { TensorStep } from "./types.js";

/** The rule of `stepRmsProp`, parameter by parameter, on tensors. */
export const rmsPropStep: TensorStep<Required<RmsProp>> = (optimizer, weights, gradient, learningRate, state) => {
  const { alpha, epsilon, momentum, centered, weightDecay } = optimizer;
  const g = weightDecay === 0 ? gradient : gradient.map((part, k) => tf.add(part, tf.mul(weights[k]!, weightDecay)));
  const before = state.slots;
  const square = g.map((part, k) => {
    const fresh = tf.mul(tf.square(part), 1 - alpha);
    const v = before["square-average"]?.[k];
    return v === undefined ? fresh : tf.add(tf.mul(v, alpha), fresh);
  });
  const mean = centered
    ? g.map((part, k) => {
        const m = before["gradient-average"]?.[k];
        return m === undefined ? tf.mul(part, 1 - alpha) : tf.add(m, tf.mul(tf.sub(part, m), 1 - alpha));
      })
    : undefined;
  const steps = g.map((part, k) => {
    const variance = mean === undefined ? square[k]! : tf.maximum(0, tf.sub(square[k]!, tf.square(mean[k]!)));
    return tf.div(part, tf.add(tf.sqrt(variance), epsilon));
  });
  const velocity =
    momentum > 0
      ? steps.map((step, k) =>
          before.velocity === undefined ? step : tf.add(tf.mul(before.velocity[k]!, momentum), step),
        )
      : undefined;
  return {
    weights: weights.map((w, k) => tf.sub(w, tf.mul((velocity ?? steps)[k]!, learningRate))),
    state: {
      steps: 0,
      slots: {
        "square-average": square,
        ...(mean === undefined ? {} : { "gradient-average": mean }),
        ...(velocity === undefined ? {} : { velocity }),
      },
    },
  };
};
