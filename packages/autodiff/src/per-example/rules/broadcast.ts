import * as tf from "@tensorflow/tfjs-core";
import { inputOf, savedInputsOf, type Meeting, type RowsRule } from "./rule.js";

/**
 * A parameter that meets the batch entry by entry: bias, scale, slope, the statistics and scales of a batch normalisation.
 * The registered gradient is asked for the derivative with every operand broadcast to the full shape beforehand, so that it
 * does not sum over examples; then each example is summed on its own.
 */
export function broadcastRule(meeting: Meeting): RowsRule | undefined {
  const { node, call, key, parameter, examples } = meeting;
  const [output] = node.outputs as [tf.Tensor];
  const sumUp = (full: tf.Tensor): tf.Tensor2D => sumWithinExamples(full, parameter.shape, examples);
  if (call.kernelName === "Add" || call.kernelName === "AddN") return { kind: "rows", rows: sumUp };
  if (call.kernelName === "Sub") {
    return { kind: "rows", rows: (dy) => (key === "a" ? sumUp(dy) : tf.neg(sumUp(dy))) };
  }
  const config = tf.getGradient(call.kernelName) as tf.GradConfig | undefined;
  const names = savedInputsOf(call);
  const operands = names.map((name) => inputOf(node, call, name));
  if (config === undefined || operands.some((operand) => operand === undefined)) return undefined;
  return {
    kind: "rows",
    rows: (dy) => {
      const full = operands.map((operand) => tf.broadcastTo(operand!, output.shape));
      const results = node.saved?.slice(names.length) ?? [];
      const gradients = config.gradFunc(dy, [...full, ...results], call.attributes as tf.NamedAttrMap);
      return sumUp(tf.broadcastTo(gradients[key]!(), output.shape));
    },
  };
}

/** The bias that a fused kernel adds. */
export function fusedBiasRule({ parameter, examples }: Meeting): RowsRule {
  return { kind: "rows", rows: (dy) => sumWithinExamples(dy, parameter.shape, examples) };
}

/**
 * Sums a tensor over the axes along which a smaller one was broadcast, but never over examples.
 *
 * @param full - Lists n examples one after the other.
 * @param shape - Of the smaller tensor, aligned at the last axis.
 * @returns [n, entries of the smaller tensor].
 */
function sumWithinExamples(full: tf.Tensor, shape: readonly number[], examples: number): tf.Tensor2D {
  return tf.tidy(() => {
    const entries = shape.reduce((product, size) => product * size, 1);
    const own = shape.slice(shape.findIndex((size) => size !== 1));
    const trailing = entries === 1 ? [] : full.shape.slice(full.rank - own.length);
    const inner = trailing.reduce((product, size) => product * size, 1);
    const split = tf.reshape(full, [examples, full.size / (examples * inner), ...trailing]);
    const broadcast = trailing.flatMap((size, axis) => (own[axis] === size ? [] : [axis + 2]));
    const axes = [...(split.shape[1] === 1 ? [] : [1]), ...broadcast];
    return tf.reshape(axes.length === 0 ? split : tf.sum(split, axes), [examples, entries]);
  });
}
