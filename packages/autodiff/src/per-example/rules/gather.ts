import * as tf from "@tensorflow/tfjs-core";
import { inputOf, type Meeting, type OuterRule } from "./rule.js";

/** Whether a gather picks rows of a table by indices from the batch, as an embedding does. */
export const picksRows = (attributes: Readonly<Record<string, unknown>>): boolean =>
  (attributes["axis"] ?? 0) === 0 && (attributes["batchDims"] ?? 0) === 0;

/** A table [rows, …] whose rows the examples pick: as the product of a matrix of zeros and ones with the table. */
export function gatherRule({ node, call, parameter, examples }: Meeting): OuterRule | undefined {
  const indices = inputOf(node, call, "indices");
  if (indices === undefined || !picksRows(call.attributes)) return undefined;
  const [rows] = parameter.shape as [number];
  const positions = indices.size / examples;
  // In integers first: the oneHot of wasm writes their bits into a Float32 tensor.
  const picked = tf.cast(tf.oneHot(tf.reshape(tf.cast(indices, "int32"), [indices.size]), rows), "float32");
  return {
    kind: "outer",
    activations: {
      kind: "dense",
      positions,
      width: rows,
      tensor: tf.reshape(picked, [examples, positions, rows]),
    },
    major: "activation",
    signals: (dy) => tf.reshape(dy, [examples, positions, parameter.size / rows]),
  };
}
