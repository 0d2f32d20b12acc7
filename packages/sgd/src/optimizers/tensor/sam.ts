import * as tf from "@tensorflow/tfjs-core";
import { samEpsilon } from "../sam.js";

/** θ + ρg/(‖g‖ + 1e-12), parameter by parameter, on the device. Call it in a `tf.tidy`. */
export function ascendedTensors(
  weights: readonly tf.Tensor[],
  gradient: readonly tf.Tensor[],
  rho: number,
): tf.Tensor[] {
  const norm = tf.sqrt(tf.addN(gradient.map((part) => tf.sum(tf.square(part)))));
  const scale = tf.div(rho, tf.add(norm, samEpsilon));
  return weights.map((w, k) => tf.add(w, tf.mul(gradient[k]!, scale)));
}
