import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";

/** The part of a model that products use: outputs as a pure function of parameters and inputs. */
export interface Applicable {
  apply(params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor;
}

/**
 * The square loss L(θ) = (1/2n) Σᵢ ‖f(xᵢ; θ) − yᵢ‖²: a mean over examples, a sum over outputs, and a half. The "mse"
 * of Keras and `MSELoss` of PyTorch also divide by the number of outputs and have no half, so they are 2/C times this.
 *
 * @param x - Inputs [n, ...inputShape].
 * @param y - Targets [n, C], of the shape of the outputs.
 * @returns A scalar, Float32. The caller disposes it.
 * @throws AutodiffError `INVALID_ARGUMENT` if targets and outputs differ in shape.
 */
export function squareLoss(model: Applicable, params: tf.NamedTensorMap, x: tf.Tensor, y: tf.Tensor): tf.Scalar {
  return tf.tidy(() => halfSumOfSquares(model, params, x, y, y.shape[0]));
}

/** Σᵢ ‖f(xᵢ) − yᵢ‖² / 2`examples`, for a chunk of a larger set of examples. */
export function halfSumOfSquares(
  model: Applicable,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
  y: tf.Tensor,
  examples: number,
): tf.Scalar {
  const outputs = model.apply(params, x);
  if (!tf.util.arraysEqual(outputs.shape, y.shape)) {
    throw new AutodiffError(
      "INVALID_ARGUMENT",
      `squareLoss: expected targets of the shape of the outputs [${outputs.shape.join(", ")}], got [${y.shape.join(", ")}]`,
    );
  }
  return tf.mul(tf.sum(tf.square(tf.sub(outputs, y))), 0.5 / examples);
}
