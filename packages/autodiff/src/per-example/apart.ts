import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { GramModel } from "./gram.js";
import { slicesOf, type Inputs } from "./slices.js";

/** Relative distance of outputs that Float32 explains, in sums of another order. */
const tolerance = 1e-3;

/**
 * Compares the outputs of the first few examples together with those of each alone. A model in which examples act on each other has no
 * gradient of an example, and its mean over chunks depends on the chunks.
 *
 * Cost: a forward pass over up to four examples, twice.
 *
 * @throws AutodiffError `MIXES_EXAMPLES`, naming the example and the distance; `INVALID_ARGUMENT` for outputs that are not finite.
 */
export async function assertExamplesApart(model: GramModel, params: tf.NamedTensorMap, inputs: Inputs): Promise<void> {
  const slices = slicesOf(inputs, model.inputShape, "assertExamplesApart");
  const count = Math.min(4, slices.examples);
  const distances = tf.tidy(() => {
    const together = tf.reshape(model.apply(params, slices.slice(0, count)), [count, -1]);
    const alone = tf.concat(
      Array.from({ length: count }, (_, i) => tf.reshape(model.apply(params, slices.slice(i, 1)), [1, -1])),
    );
    return tf.div(tf.max(tf.abs(tf.sub(together, alone)), 1), tf.maximum(tf.max(tf.abs(together)), 1e-30));
  });
  const found = await distances.data<"float32">();
  distances.dispose();
  const example = found.findIndex((distance) => !(distance <= tolerance));
  if (example >= 0 && Number.isNaN(found[example]))
    throw new AutodiffError("INVALID_ARGUMENT", "the outputs of the model are not finite numbers");
  if (example >= 0)
    throw new AutodiffError(
      "MIXES_EXAMPLES",
      `the outputs of example ${example} beside ${count - 1} others and alone differ by ${found[example]!.toExponential(1)} of their scale: apply must treat each example on its own`,
    );
}
