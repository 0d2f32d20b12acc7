import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { Applicable } from "../products/square-loss.js";
import { loopRows } from "./loop.js";
import { rowsFor } from "./pieces.js";
import { replayOf } from "./replay.js";

/** Relative distance that Float32 rounding explains in deep networks. */
const tolerance = 1e-3;

/**
 * Compares replayed per-example gradients of the sum of outputs with ordinary gradients, which evaluate each example alone.
 * It finds functions that mix examples in a way that their operations do not show, and gradients that were registered wrongly.
 *
 * @throws AutodiffError `PER_EXAMPLE_CHECK_FAILED` naming the parameter and the relative distance.
 */
export async function assertReplayAgrees(
  model: Applicable,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
  caller: string,
): Promise<void> {
  const distances = tf.tidy(() => {
    const { rows: expected } = loopRows(model, params, x, caller, (outputs) => [tf.ones([outputs])]);
    const replay = replayOf(model, params, x, caller);
    try {
      const rows = rowsFor(replay, tf.ones(replay.values.shape), params, 1);
      const scale = tf.norm(tf.concat(Object.values(expected), 1));
      const apart = Object.keys(params).map((name) => tf.norm(tf.sub(rows[name]!, expected[name]!)));
      return tf.clone(tf.div(tf.stack(apart), tf.maximum(scale, Number.MIN_VALUE)));
    } finally {
      replay.dispose();
    }
  });
  const found = await distances.data<"float32">();
  distances.dispose();
  const worst = found.reduce((at, distance, i) => (distance > found[at]! || Number.isNaN(distance) ? i : at), 0);
  if (found[worst]! <= tolerance) return;
  throw new AutodiffError(
    "PER_EXAMPLE_CHECK_FAILED",
    `${caller}: the per-example gradients of ${Object.keys(params)[worst]!} differ from the gradients of each example alone ` +
      `by a relative distance of ${found[worst]!.toExponential(1)}`,
  );
}
