import * as tf from "@tensorflow/tfjs-core";
import { composedKernel, type ComposedKernel } from "./kernel.js";

/**
 * The derivative of a ReLU as sign(relu(x)). TensorFlow for Node fills two tensors of constants in JavaScript for it, copies
 * them over and selects twice: two fifths of the time of a network's gradient.
 */
export const stepOfRelu: ComposedKernel = composedKernel<"x", { alpha?: number }>(
  "Step",
  ({ x }, { alpha = 0 }) => alpha === 0 && x.dtype === "float32",
  ({ inputs: { x } }) => tf.sign(tf.relu(x)),
);
