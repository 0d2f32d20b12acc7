import * as tf from "@tensorflow/tfjs-core";
import { pathBetween, pullBack } from "../second-order/tape.js";
import type { Replay } from "./replay.js";

/**
 * Takes per-example gradients with respect to tensors that were computed from parameters (a normalised weight, a slice of a
 * matrix) on to the parameters, by one small backward pass for each example.
 *
 * @param rows - For each such tensor [n, entries].
 * @returns For each parameter that leads to one of them [n, entries]. In the scope of the caller.
 */
export function derivedRows(
  replay: Replay,
  rows: ReadonlyMap<tf.Tensor, tf.Tensor2D>,
): [name: string, rows: tf.Tensor2D][] {
  const { examples, nodes, origins } = replay;
  const tensors = [...rows.keys()];
  const leaves = [...origins.leaves].flatMap(([name, handles]) => handles.map((leaf) => ({ name, leaf })));
  const path = pathBetween(
    nodes,
    leaves.map(({ leaf }) => leaf),
    tensors,
  );
  const reached = new Set(path.flatMap(({ inputs }) => inputs.map(([, { id }]) => id)));
  const wanted = leaves.filter(({ leaf }) => reached.has(leaf.id));
  return tf.tidy(() => {
    const perExample = Array.from({ length: examples }, (_, i) =>
      tf.tidy(() => {
        // A gather, since a slice costs as much as its whole source on wasm.
        const index = tf.tensor1d([i], "int32");
        const seeds = tensors.map(
          (tensor) => [tensor, tf.reshape(tf.gather(rows.get(tensor)!, index), tensor.shape)] as const,
        );
        const gradients = pullBack(
          path,
          seeds,
          wanted.map(({ leaf }) => leaf),
        );
        return gradients.map((gradient) => tf.reshape<tf.Rank.R2>(gradient, [1, gradient.size]));
      }),
    );
    return wanted.map(({ name }, w): [string, tf.Tensor2D] => [
      name,
      tf.concat(
        perExample.map((gradients) => gradients[w]!),
        0,
      ),
    ]);
  });
}
