import * as tf from "@tensorflow/tfjs-core";
import { ModelsError, show } from "../errors.js";
import type { Layer, NamedSpec } from "./layer.js";
import type { BatchNormSpec } from "./spec.js";

/**
 * γ·(x − m)/√(v + ε) + β over the last axis, with m and v constants: each example is transformed alone, so per-example
 * gradients and the theory of sampling hold; statistics of the batch itself would couple the examples.
 */
export function batchNorm(spec: NamedSpec<BatchNormSpec>, inputShape: number[]): Layer {
  const { name } = spec;
  const epsilon = spec.epsilon ?? 1e-5;
  if (!(epsilon > 0 && Number.isFinite(epsilon)))
    throw new ModelsError(
      "OPTION",
      `batch-norm ${name}: expected epsilon to be a positive number, got ${show(epsilon)}`,
    );
  const channels = inputShape.at(-1)!;
  return {
    name,
    kind: "batch-norm",
    inputShape,
    outputShape: inputShape,
    parameters: [
      { name: `${name}.gamma`, shape: [channels], mean: 1, standardDeviation: 0 },
      { name: `${name}.beta`, shape: [channels], mean: 0, standardDeviation: 0 },
    ],
    buffers: {
      [`${name}.mean`]: { shape: [channels], data: new Float32Array(channels) },
      [`${name}.variance`]: { shape: [channels], data: new Float32Array(channels).fill(1) },
    },
    inner: [],
    apply(x, context) {
      const { mean, inverseDeviation } = context.statistics(name, x, epsilon);
      const standard = tf.mul(tf.sub(x, mean), inverseDeviation);
      return tf.add(tf.mul(standard, context.parameter(`${name}.gamma`)), context.parameter(`${name}.beta`));
    },
  };
}
