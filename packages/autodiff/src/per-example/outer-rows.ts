import * as tf from "@tensorflow/tfjs-core";
import { columnsOf, type Activations } from "./activations.js";

/**
 * Per-example gradients Σₛ activationᵢₛ ⊗ signalᵢₛ, formed.
 *
 * @param signals - [n, positions, width].
 * @param major - Which factor counts slower.
 * @returns [n, width of activations · width of signals]. Cost: 2n · positions · both widths operations.
 */
export function outerRows(activations: Activations, signals: tf.Tensor3D, major: "activation" | "signal"): tf.Tensor2D {
  return tf.tidy(() => {
    const columns = columnsOf(activations);
    const [slow, fast] = major === "activation" ? [columns, signals] : [signals, columns];
    const [examples, positions, rows] = slow.shape;
    const width = fast.shape[2];
    const product =
      positions === 1
        ? tf.mul(tf.reshape(slow, [examples, rows, 1]), tf.reshape(fast, [examples, 1, width]))
        : tf.matMul(tf.transpose(slow, [0, 2, 1]), fast);
    return tf.reshape(product, [examples, rows * width]);
  });
}
