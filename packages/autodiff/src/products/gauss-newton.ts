import * as tf from "@tensorflow/tfjs-core";
import type { SecondOrderOptions } from "../second-order/guard.js";
import { jacobianAt } from "./jacobian.js";
import { mapTensors } from "./named-tensors.js";

/**
 * G·v with the Gauss–Newton matrix G = (1/n) Σᵢ JᵢᵀJᵢ of the square loss (1/2n) Σᵢ ‖f(xᵢ) − yᵢ‖²; the targets have no influence.
 * It equals the Hessian where every residual is zero.
 *
 * Cost: about three gradients; for several v at the same point use `jacobianAt` or `gaussNewtonOperator`.
 *
 * @param apply - Outputs [n, C] of inputs [n, ...]; pure.
 * @param x - Inputs [n, ...]; n, the size of its first axis, is the number of examples that G is a mean over.
 * @param v - Same names and shapes as `params`.
 * @returns Same names and shapes as `params`. The caller disposes them.
 * @throws AutodiffError as `jacobianAt`.
 */
export function gaussNewtonVectorProduct(
  apply: (params: tf.NamedTensorMap, x: tf.Tensor) => tf.Tensor,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
  v: tf.NamedTensorMap,
  options: SecondOrderOptions = {},
): tf.NamedTensorMap {
  return tf.tidy(() => {
    const jacobian = jacobianAt((at) => apply(at, x), params, options);
    try {
      const pulled = jacobian.backward(jacobian.forward(v));
      return mapTensors(pulled, (tensor) => tf.div(tensor, x.shape[0]));
    } finally {
      jacobian.dispose();
    }
  });
}
