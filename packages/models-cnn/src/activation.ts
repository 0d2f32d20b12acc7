import * as tf from "@tensorflow/tfjs-core";
import type { InitRule } from "./initial.js";

/** The elementwise functions this package knows. */
export const activations = ["relu", "tanh", "elu", "gelu", "softplus", "sigmoid", "linear"] as const;

/** An elementwise function by name; `"gelu"` is x·Φ(x) with the exact error function (Hendrycks and Gimpel 2016). */
export type Activation = (typeof activations)[number];

/** `activation(x)`, of the shape of `x`. The caller disposes it; `"linear"` returns `x` itself. */
export function activate(activation: Activation, x: tf.Tensor): tf.Tensor {
  switch (activation) {
    case "relu":
      return tf.relu(x);
    case "tanh":
      return tf.tanh(x);
    case "elu":
      return tf.elu(x);
    case "gelu":
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
    case "softplus":
      return tf.softplus(x);
    case "sigmoid":
      return tf.sigmoid(x);
    case "linear":
      return x;
  }
}

/** The rule that suits an activation: 2/fan_in for those of ReLU's kind, 1/fan_in for the others. */
export const initFor = (activation: Activation): InitRule =>
  activation === "relu" || activation === "elu" || activation === "gelu" || activation === "softplus" ? "he" : "lecun";
