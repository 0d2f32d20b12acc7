import * as tf from "@tensorflow/tfjs-core";
import type { CompleteMomentum } from "../momentum.js";
import type { TensorStep } from "./types.js";

/** The rule of `stepMomentum`, parameter by parameter, on tensors. */
export const momentumStep: TensorStep<CompleteMomentum> = (optimizer, weights, gradient, learningRate, { slots }) => {
  const { weightDecay } = optimizer;
  const g = weightDecay === 0 ? gradient : gradient.map((part, k) => tf.add(part, tf.mul(weights[k]!, weightDecay)));
  const along = (directions: readonly tf.Tensor[]): tf.Tensor[] =>
    weights.map((w, k) => tf.sub(w, tf.mul(directions[k]!, learningRate)));
  if (optimizer.kind === "sgd") return { weights: along(g), state: { steps: 0, slots } };
  const { kind, momentum, dampening } = optimizer;
  const velocity =
    slots.velocity?.map((m, k) =>
      tf.add(tf.mul(m, momentum), dampening === 0 ? g[k]! : tf.mul(g[k]!, 1 - dampening)),
    ) ?? g;
  const directions = kind === "nesterov" ? velocity.map((m, k) => tf.add(g[k]!, tf.mul(m, momentum))) : velocity;
  return { weights: along(directions), state: { steps: 0, slots: { velocity } } };
};
