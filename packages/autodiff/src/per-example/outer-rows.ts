import * as tf from "@tensorflow/tfjs-core";
import { columnsOf, timesColumns, type Activations } from "./activations.js";

/**
 * Per-example gradients Σₛ activationᵢₛ ⊗ signalᵢₛ, formed.
 *
 * @param signals - [n, positions, width].
 * @param major - Which factor counts slower.
 * @returns [n, width of activations · width of signals]. Cost: 2n · positions · both widths operations.
 */
export function outerRows(activations: Activations, signals: tf.Tensor3D, major: "activation" | "signal"): tf.Tensor2D {
  return tf.tidy(() => {
    const [examples, positions, width] = signals.shape;
    const entries = width * activations.width;
    if (positions === 1 && major === "activation") {
      const columns = tf.reshape(columnsOf(activations), [examples, activations.width, 1]);
      return tf.reshape(tf.mul(columns, signals), [examples, entries]);
    }
    const product = timesColumns(tf.transpose(signals, [0, 2, 1]), activations);
    return tf.reshape(major === "signal" ? product : tf.transpose(product, [0, 2, 1]), [examples, entries]);
  });
}
