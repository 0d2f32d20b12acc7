import * as tf from "@tensorflow/tfjs-core";
import { integer, ModelsError, showShape } from "../errors.js";
import { kernelDeviation } from "../initial.js";
import type { Layer, NamedSpec } from "./layer.js";
import type { DenseSpec } from "./spec.js";

/** `x·W + b` as one BatchMatMul and, with a bias, one Add. */
export function dense(spec: NamedSpec<DenseSpec>, inputShape: number[]): Layer {
  const { name } = spec;
  const where = `dense ${name}`;
  const units = integer(where, "units", spec.units);
  if (inputShape.length !== 1)
    throw new ModelsError(
      "SHAPE",
      `${where}: expected a flat input, got ${showShape(inputShape)}; put a flatten layer before it`,
    );
  const inputs = inputShape[0]!;
  const kernel = `${name}.kernel`;
  const bias = spec.bias === false ? undefined : `${name}.bias`;
  const deviation = kernelDeviation(spec.init ?? "he", inputs, units, spec.initScale ?? 1);
  return {
    name,
    kind: "dense",
    inputShape,
    outputShape: [units],
    parameters: [
      { name: kernel, shape: [inputs, units], mean: 0, standardDeviation: deviation },
      ...(bias ? [{ name: bias, shape: [units], mean: 0, standardDeviation: 0 }] : []),
    ],
    buffers: {},
    inner: [],
    apply(x, context) {
      const y = tf.matMul(x, context.parameter(kernel));
      return bias ? tf.add(y, context.parameter(bias)) : y;
    },
  };
}
