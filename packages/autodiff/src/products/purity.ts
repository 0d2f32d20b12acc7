import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { Applicable } from "./square-loss.js";

/** Relative to the largest output; what the order of parallel sums may change in Float32. */
const tolerance = 1e-4;

/**
 * Evaluates a model twice at the same point and compares: dropout, noise, batch statistics that move or any other state would
 * make every product with a derivative meaningless. Costs two forward passes.
 *
 * @throws AutodiffError `MODEL_NOT_PURE` naming the model if it has a name.
 */
export async function assertPure(
  model: Applicable,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
  caller: string,
): Promise<void> {
  const found = tf.tidy(() => {
    const [first, second] = [model.apply(params, x), model.apply(params, x)];
    const scale = tf.maximum(tf.max(tf.abs(first)), Number.MIN_VALUE);
    return tf.div(tf.max(tf.abs(tf.sub(first, second))), scale);
  });
  const [distance] = (await found.data()) as Float32Array;
  found.dispose();
  // NaN is reported elsewhere.
  if (!(distance! > tolerance)) return;
  const { name } = model as { name?: unknown };
  throw new AutodiffError(
    "MODEL_NOT_PURE",
    `${caller}: ${typeof name === "string" ? `model "${name}"` : "model.apply"} is not pure: its outputs for the same parameters ` +
      `and inputs differ by ${distance!.toExponential(1)}, relative to the largest`,
  );
}
