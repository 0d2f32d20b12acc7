import * as tf from "@tensorflow/tfjs-core";
import { corrections } from "../adam.js";
import type { Adam } from "../optimizer.js";
import type { TensorStep } from "./types.js";

/** The rule of `stepAdam`, parameter by parameter, on tensors. */
export const adamStep: TensorStep<Required<Adam>> = (optimizer, weights, gradient, learningRate, state) => {
  const { beta1, beta2, epsilon, weightDecay } = optimizer;
  const steps = state.steps + 1;
  const { rate, root } = corrections(optimizer, learningRate, steps);
  const g = weightDecay === 0 ? gradient : gradient.map((part, k) => tf.add(part, tf.mul(weights[k]!, weightDecay)));
  const before = state.slots;
  const first = g.map((part, k) => {
    const m = before["first-moment"]?.[k];
    return m === undefined ? tf.mul(part, 1 - beta1) : tf.add(m, tf.mul(tf.sub(part, m), 1 - beta1));
  });
  const second = g.map((part, k) => {
    const fresh = tf.mul(tf.square(part), 1 - beta2);
    const v = before["second-moment"]?.[k];
    return v === undefined ? fresh : tf.add(tf.mul(v, beta2), fresh);
  });
  return {
    weights: weights.map((w, k) =>
      tf.sub(w, tf.div(tf.mul(first[k]!, rate), tf.add(tf.div(tf.sqrt(second[k]!), root), epsilon))),
    ),
    state: { steps, slots: { "first-moment": first, "second-moment": second } },
  };
};
