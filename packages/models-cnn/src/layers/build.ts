import * as tf from "@tensorflow/tfjs-core";
import { activate, activations } from "../activation.js";
import { ModelsError, oneOf, show, showShape } from "../errors.js";
import { batchNorm } from "./batch-norm.js";
import { conv } from "./conv.js";
import { dense } from "./dense.js";
import type { Context, Layer, NamedSpec } from "./layer.js";
import { globalAveragePool, pool, subsample } from "./pool.js";
import type { ActivationSpec, FlattenSpec, LayerSpec, ResidualSpec } from "./spec.js";

/**
 * The layers of `specs`, each bound to the output shape of the one before.
 *
 * @param specs - Named by `nameLayers`.
 */
export function buildLayers(specs: readonly LayerSpec[], inputShape: number[]): Layer[] {
  let shape = inputShape;
  return specs.map((spec) => {
    const layer = buildLayer(spec as NamedSpec, shape);
    shape = layer.outputShape;
    return layer;
  });
}

/** The layers one after the other. */
export const applyLayers = (layers: readonly Layer[], x: tf.Tensor, context: Context): tf.Tensor =>
  layers.reduce((value, layer) => layer.apply(value, context), x);

/**
 * The same layers, each with a name: the one it has, or kind and count (`conv1`, `dense1`).
 *
 * @throws ModelsError `OPTION` for a name that is empty or taken.
 */
export function nameLayers(specs: readonly LayerSpec[]): NamedSpec[] {
  const counts = new Map<string, number>();
  const taken = new Set<string>();
  const visit = (spec: LayerSpec): NamedSpec => {
    const kind = spec.layer === "batch-norm" ? "norm" : spec.layer;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    const name = spec.name ?? `${kind}${count}`;
    if (name === "" || taken.has(name))
      throw new ModelsError(
        "OPTION",
        name === "" ? "layers: a name is empty" : `layers: the name "${name}" is used twice`,
      );
    taken.add(name);
    if (spec.layer !== "residual") return { ...spec, name };
    return { ...spec, name, branch: spec.branch.map(visit), shortcut: (spec.shortcut ?? []).map(visit) };
  };
  return specs.map(visit);
}

function buildLayer(spec: NamedSpec, shape: number[]): Layer {
  switch (spec.layer) {
    case "conv":
      return conv(spec, shape);
    case "dense":
      return dense(spec, shape);
    case "activation":
      return activation(spec, shape);
    case "pool":
      return pool(spec, shape);
    case "global-average-pool":
      return globalAveragePool(spec, shape);
    case "batch-norm":
      return batchNorm(spec, shape);
    case "flatten":
      return flatten(spec, shape);
    case "subsample":
      return subsample(spec, shape);
    case "residual":
      return residual(spec, shape);
    default:
      throw new ModelsError(
        "OPTION",
        `layers: expected a known layer, got ${show((spec as { layer: unknown }).layer)}`,
      );
  }
}

const bare = { parameters: [], buffers: {}, inner: [] };

function activation(spec: NamedSpec<ActivationSpec>, shape: number[]): Layer {
  const { name } = spec;
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

function flatten({ name }: NamedSpec<FlattenSpec>, shape: number[]): Layer {
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

function residual(spec: NamedSpec<ResidualSpec>, shape: number[]): Layer {
  const { name } = spec;
  const branch = buildLayers(spec.branch, shape);
  const shortcut = buildLayers(spec.shortcut ?? [], shape);
  const [left, right] = [branch, shortcut].map((layers) => layers.at(-1)?.outputShape ?? shape) as [number[], number[]];
  if (String(left) !== String(right))
    throw new ModelsError(
      "SHAPE",
      `residual ${name}: expected branch and shortcut to end in the same shape, got ${showShape(left)} and ${showShape(right)}`,
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
