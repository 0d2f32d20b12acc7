import * as tf from "@tensorflow/tfjs-core";
import { activate, activations } from "../activation.js";
import { ModelsError, oneOf, show, showShape } from "../errors.js";
import { batchNorm } from "./batch-norm.js";
import { conv } from "./conv.js";
import { dense } from "./dense.js";
import type { Context, Layer, Namer } from "./layer.js";
import { globalAveragePool, pool, subsample } from "./pool.js";
import type { ActivationSpec, FlattenSpec, LayerSpec, ResidualSpec } from "./spec.js";

/** The layers of `specs`, each bound to the output shape of the one before. */
export function buildLayers(specs: readonly LayerSpec[], inputShape: number[], namer: Namer): Layer[] {
  let shape = inputShape;
  return specs.map((spec) => {
    const layer = buildLayer(spec, shape, namer);
    shape = layer.outputShape;
    return layer;
  });
}

/** The layers one after the other. */
export const applyLayers = (layers: readonly Layer[], x: tf.Tensor, context: Context): tf.Tensor =>
  layers.reduce((value, layer) => layer.apply(value, context), x);

/** Names by kind and count (`conv1`, `dense1`), unless one is asked for; refuses a name that is taken. */
export function newNamer(): Namer {
  const counts = new Map<string, number>();
  const taken = new Set<string>();
  return (kind, asked) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const name = asked ?? `${kind}${count}`;
    if (name === "" || taken.has(name))
      throw new ModelsError("OPTION", `layers: expected names that are not empty and not used twice, got "${name}"`);
    taken.add(name);
    return name;
  };
}

function buildLayer(spec: LayerSpec, shape: number[], namer: Namer): Layer {
  switch (spec.layer) {
    case "conv":
      return conv(spec, namer("conv", spec.name), shape);
    case "dense":
      return dense(spec, namer("dense", spec.name), shape);
    case "activation":
      return activation(spec, namer("activation", undefined), shape);
    case "pool":
      return pool(spec, namer("pool", undefined), shape);
    case "global-average-pool":
      return globalAveragePool(spec, namer("global-average-pool", undefined), shape);
    case "batch-norm":
      return batchNorm(spec, namer("norm", spec.name), shape);
    case "flatten":
      return flatten(spec, namer("flatten", undefined), shape);
    case "subsample":
      return subsample(spec, namer("subsample", undefined), shape);
    case "residual":
      return residual(spec, shape, namer);
    default:
      throw new ModelsError(
        "OPTION",
        `layers: expected a known layer, got ${show((spec as { layer: unknown }).layer)}`,
      );
  }
}

const bare = { parameters: [], buffers: {}, inner: [] };

function activation(spec: ActivationSpec, name: string, shape: number[]): Layer {
  const which = oneOf(name, "function", spec.function, activations);
  return {
    ...bare,
    name,
    kind: "activation",
    inputShape: shape,
    outputShape: shape,
    apply: (x) => activate(which, x),
  };
}

function flatten(_spec: FlattenSpec, name: string, shape: number[]): Layer {
  const size = shape.reduce((a, b) => a * b, 1);
  return {
    ...bare,
    name,
    kind: "flatten",
    inputShape: shape,
    outputShape: [size],
    apply: (x) => tf.reshape(x, [x.shape[0], size]),
  };
}

function residual(spec: ResidualSpec, shape: number[], namer: Namer): Layer {
  const name = namer("residual", spec.name);
  const branch = buildLayers(spec.branch, shape, namer);
  const shortcut = buildLayers(spec.shortcut ?? [], shape, namer);
  const [left, right] = [branch, shortcut].map((layers) => layers.at(-1)?.outputShape ?? shape) as [number[], number[]];
  if (String(left) !== String(right))
    throw new ModelsError(
      "SHAPE",
      `residual ${name}: expected branch and shortcut to end in one shape, got ${showShape(left)} and ${showShape(right)}`,
    );
  return {
    ...bare,
    name,
    kind: "residual",
    inputShape: shape,
    outputShape: left,
    inner: [...branch, ...shortcut],
    apply: (x, context) => tf.add(applyLayers(branch, x, context), applyLayers(shortcut, x, context)),
  };
}
