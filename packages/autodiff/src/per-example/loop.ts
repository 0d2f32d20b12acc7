import * as tf from "@tensorflow/tfjs-core";
import type { Applicable } from "../products/square-loss.js";
import { pathBetween, pullBack } from "../second-order/tape.js";
import { indicator } from "./indicator.js";
import type { Factors, ParameterFactor } from "./factors.js";
import { outputsOf, recordOf } from "./replay.js";
import { tidied } from "./tidied.js";

/** The ordinary gradients of one example, as often as wanted. */
interface Example {
  outputs: number;
  /** The outputs [1, C] or [1]. */
  values: tf.Tensor;
  /** For each parameter [1, entries]; the cotangents have C entries. */
  gradients(cotangents: tf.Tensor): Record<string, tf.Tensor2D>;
  dispose(): void;
}

function exampleAt(model: Applicable, params: tf.NamedTensorMap, x: tf.Tensor, index: number, caller: string): Example {
  const example = tf.gather(x, tf.tensor1d([index], "int32"));
  const { recording, origins } = recordOf(model, params, example, caller);
  const { result, nodes } = recording;
  const leaves = [...origins.leaves].flatMap(([name, handles]) => handles.map((leaf) => ({ name, leaf })));
  const handles = leaves.map(({ leaf }) => leaf);
  const path = pathBetween(nodes, handles, [result.value]);
  return {
    outputs: outputsOf(result.value, 1, caller),
    values: result.value,
    gradients: (cotangents) => {
      const pulled = pullBack(path, [[result.value, tf.reshape(cotangents, result.value.shape)]], handles);
      const entries = Object.entries(params).map(([name, { size }]): [string, tf.Tensor2D] => {
        const own = pulled
          .filter((_, i) => leaves[i]!.name === name)
          .map((gradient) => tf.reshape(gradient, [1, size]));
        return [name, own.length === 0 ? tf.zeros([1, size]) : (tf.addN(own) as tf.Tensor2D)];
      });
      return Object.fromEntries(entries);
    },
    dispose: () => recording.dispose(),
  };
}

/**
 * Rows of the Jacobian as {@link rowsFor} gives them, from ordinary gradients of one example after the other.
 *
 * @param cotangents - Gets C and the example; one row [C] for each row wanted.
 * @returns For each name [n · rows, entries], rows of an example together; and the outputs [n, C].
 */
export function loopRows(
  model: Applicable,
  params: tf.NamedTensorMap,
  x: tf.Tensor,
  caller: string,
  cotangents: (outputs: number, index: number) => tf.Tensor1D[],
): { rows: Record<string, tf.Tensor2D>; predictions: tf.Tensor2D } {
  return tf.tidy(() => {
    const found = Array.from({ length: x.shape[0] }, (_, index) =>
      tf.tidy(() => {
        const example = exampleAt(model, params, x, index, caller);
        try {
          const { outputs, values } = example;
          const gradients = cotangents(outputs, index).map((cotangent) => example.gradients(cotangent));
          return { gradients, predictions: tf.clone(tf.reshape<tf.Rank.R2>(values, [1, outputs])) };
        } finally {
          example.dispose();
        }
      }),
    );
    const rows = Object.keys(params).map((name): [string, tf.Tensor2D] => [
      name,
      tf.concat(
        found.flatMap(({ gradients }) => gradients.map((gradient) => gradient[name]!)),
        0,
      ),
    ]);
    return {
      rows: Object.fromEntries(rows),
      predictions: tf.concat(
        found.map(({ predictions }) => predictions),
        0,
      ),
    };
  });
}

/** Cotangents that pick out each output in turn. */
export const eachOutput = (outputs: number): tf.Tensor1D[] =>
  Array.from({ length: outputs }, (_, output) => indicator(outputs, output));

/** Factors of a chunk from ordinary gradients; all of them rows. The caller disposes their tensors. */
export function loopFactorsOf(model: Applicable, params: tf.NamedTensorMap, x: tf.Tensor, caller: string): Factors {
  return tidied(() => {
    const { rows, predictions } = loopRows(model, params, x, caller, eachOutput);
    const parameters = Object.entries(rows).map(([name, own]): [string, ParameterFactor] => [
      name,
      { kind: "rows", rows: own },
    ]);
    const [examples, outputs] = predictions.shape;
    return { examples, outputs, predictions, parameters: Object.fromEntries(parameters) };
  });
}
