import * as tf from "@tensorflow/tfjs-core";
import { inputOf, type Meeting, type OuterRule } from "./rule.js";

/** The operands of a product by their keys; the fused kernel's are numbered. */
const keysOf = (kernelName: string): readonly [string, string] =>
  kernelName === "_FusedMatMul" ? ["0", "1"] : ["a", "b"];

const transposed = (tensor: tf.Tensor): tf.Tensor => {
  const axes = tensor.shape.map((_, axis) => axis);
  return tf.transpose(tensor, [...axes.slice(0, -2), tensor.rank - 1, tensor.rank - 2]);
};

/** Whether a tensor is one matrix, perhaps with leading axes of size one. */
const isMatrix = ({ shape, size }: tf.Tensor): boolean => shape.length >= 2 && shape.at(-1)! * shape.at(-2)! === size;

/**
 * A matrix of parameters W in y = op(a)·op(b): the gradient is a sum of outer products of inputs and signals.
 *
 * @returns Undefined for a stack of matrices, one for each of several heads.
 */
export function matMulRule({ node, call, key, parameter, examples }: Meeting): OuterRule | undefined {
  const [aKey, bKey] = keysOf(call.kernelName);
  const transposeA = call.attributes["transposeA"] === true;
  const transposeB = call.attributes["transposeB"] === true;
  const a = inputOf(node, call, aKey);
  const b = inputOf(node, call, bKey);
  if (!isMatrix(parameter) || a === undefined || b === undefined) return undefined;
  const right = key === bKey;
  // Either way as y = x·W: from the left that is yᵀ = xᵀ·Wᵀ.
  const inputs = right ? (transposeA ? transposed(a) : a) : transposeB ? b : transposed(b);
  const width = inputs.shape.at(-1)!;
  const positions = inputs.size / (examples * width);
  return {
    kind: "outer",
    activations: { kind: "dense", positions, width, tensor: tf.reshape(inputs, [examples, positions, width]) },
    major: (right ? transposeB : !transposeA) ? "signal" : "activation",
    signals: (dy) => tf.reshape(right ? dy : transposed(dy), [examples, positions, dy.size / (examples * positions)]),
  };
}

/**
 * The signal at the batch operand of x·W. Transposing W first and multiplying then is an order of magnitude faster on wasm
 * than the product with a transposed operand, which the registered gradient asks for.
 *
 * @returns Undefined where this shortcut does not apply.
 */
export function matMulInputSignal(
  { node, call, key }: Omit<Meeting, "parameter" | "examples">,
  dy: tf.Tensor,
  isBatch: (key: string) => boolean,
): tf.Tensor | undefined {
  const [aKey, bKey] = keysOf(call.kernelName);
  const weights = inputOf(node, call, bKey);
  const x = (node.inputs as Record<string, tf.Tensor>)[aKey]!;
  if (key !== aKey || call.attributes["transposeA"] === true) return undefined;
  if (weights === undefined || !isMatrix(weights) || isBatch(bKey)) return undefined;
  const [rows, columns] = weights.shape.slice(-2) as [number, number];
  const matrix = tf.reshape<tf.Rank.R2>(weights, [rows, columns]);
  const back = call.attributes["transposeB"] === true ? matrix : tf.transpose(matrix);
  const signals = tf.reshape<tf.Rank.R2>(dy, [dy.size / back.shape[0], back.shape[0]]);
  return tf.reshape(tf.matMul(signals, back), x.shape);
}
