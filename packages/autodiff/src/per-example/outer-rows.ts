import * as tf from "@tensorflow/tfjs-core";
import { columnsOf, pieceWidth, type Activations } from "./activations.js";

/**
 * Per-example gradients Σₛ activationᵢₛ ⊗ signalᵢₛ, formed.
 *
 * @param signals - [n, positions, width].
 * @param major - Which factor counts slower.
 * @param taps - All columns of the activations [n, width, positions], if they exist already; otherwise patches are never
 * held for more than one place of the filter.
 * @returns [n, width of activations · width of signals]. Cost: 2n · positions · both widths operations.
 */
export function outerRows(
  activations: Activations,
  signals: tf.Tensor3D,
  major: "activation" | "signal",
  taps?: tf.Tensor3D,
): tf.Tensor2D {
  return tf.tidy(() => {
    const [examples, positions, width] = signals.shape;
    const entries = width * activations.width;
    if (positions === 1) {
      const columns = columnsOf(activations);
      const [slow, fast] = major === "activation" ? [columns, signals] : [signals, columns];
      return tf.reshape(tf.mul(tf.reshape(slow, [examples, slow.size / examples, 1]), fast), [examples, entries]);
    }
    const product = taps === undefined ? inPieces(activations, signals) : tf.matMul(taps, signals);
    return tf.reshape(major === "activation" ? product : tf.transpose(product, [0, 2, 1]), [examples, entries]);
  });
}

/** Σₛ activationᵢₛ ⊗ signalᵢₛ, [n, width of activations, width of signals]. */
function inPieces(activations: Activations, signals: tf.Tensor3D): tf.Tensor3D {
  const unit = pieceWidth(activations);
  const products = Array.from({ length: activations.width / unit }, (_, k) =>
    tf.tidy(() => tf.matMul(columnsOf(activations, k * unit, (k + 1) * unit), signals, true)),
  );
  return products.length === 1 ? (products[0] as tf.Tensor3D) : tf.concat(products as tf.Tensor3D[], 1);
}
