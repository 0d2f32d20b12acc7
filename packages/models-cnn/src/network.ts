import { toFloat64, type NamedArray } from "@sgdscope/array-files";
import { gaussian } from "@sgdscope/random";
import * as tf from "@tensorflow/tfjs-core";
import { integer, ModelsError, show, showShape } from "./errors.js";
import { applyLayers, buildLayers, nameLayers } from "./layers/build.js";
import type { Context, Layer } from "./layers/layer.js";
import type { LayerSpec } from "./layers/spec.js";
import type { LayerSummary, BuiltNetwork, NamedArrays } from "./model.js";
import { checkNames, parametersToArrays } from "./parameters.js";

/** Statistics of a normalisation layer, whatever their source. */
type Statistics = Context["statistics"];

/**
 * The network of `layers` on inputs of `inputShape`; its output must be flat.
 *
 * @throws ModelsError `OPTION` or `SHAPE`, naming the layer, where a layer's options or input do not fit.
 */
export function buildNetwork<Config>(
  config: Config,
  name: string,
  inputShape: readonly number[],
  specs: readonly LayerSpec[],
  buffers?: NamedArrays,
): BuiltNetwork<Config> {
  const shape = checkInputShape(name, inputShape);
  const named = nameLayers(specs);
  const layers = buildLayers(named, shape);
  const flat = [...everyLayer(layers)].map(([layer]) => layer);
  const parameters = flat.flatMap((layer) => layer.parameters);
  const last = layers.at(-1)?.outputShape ?? shape;
  if (last.length !== 1)
    throw new ModelsError("SHAPE", `${name}: expected the last layer to give a flat output, got ${showShape(last)}`);
  const held = buffers ?? Object.fromEntries(flat.flatMap((layer) => Object.entries(layer.buffers)));
  const shapes = new Map(parameters.map((p) => [p.name, p.shape]));
  const run = (params: tf.NamedTensorMap, x: tf.Tensor, statistics: Statistics): tf.Tensor => {
    checkInput(name, shape, x);
    const context = { parameter: parametersOf(name, shapes, params), statistics };
    return tf.tidy(() => {
      const y = applyLayers(layers, x, context);
      return y === x ? tf.clone(x) : y;
    });
  };
  return {
    name,
    inputShape: shape,
    outputs: last[0]!,
    config,
    parameters,
    buffers: held,
    specs: named,
    layers: [...everyLayer(layers)].map(([layer, depth]) => summaryOf(layer, depth)),
    init: (random) =>
      Object.fromEntries(
        parameters.map(({ name, shape, mean, standardDeviation }) => {
          const size = shape.reduce((a, b) => a * b, 1);
          const values = new Float32Array(size).fill(mean);
          if (standardDeviation > 0)
            gaussian(size, random).forEach((z, i) => (values[i] = mean + standardDeviation * z));
          return [name, tf.tensor(values, shape)];
        }),
      ),
    apply: (params, x) => run(params, x, runningStatistics(held)),
    withBuffers(next) {
      const expected = Object.entries(held).map(([name, { shape }]) => ({ name, shape }));
      checkNames(`${name}.withBuffers`, expected, next);
      const ordered = Object.fromEntries(expected.map(({ name }) => [name, next[name]!]));
      return buildNetwork(config, name, shape, specs, ordered);
    },
    async calibrate(params, x) {
      const seen: tf.NamedTensorMap = {};
      run(params, x, batchStatistics(seen)).dispose();
      const measured = await parametersToArrays(seen);
      tf.dispose(seen);
      return buildNetwork(config, name, shape, specs, measured);
    },
  };
}

function checkInput(model: string, inputShape: readonly number[], x: tf.Tensor): void {
  if (x.rank !== inputShape.length + 1 || inputShape.some((n, i) => x.shape[i + 1] !== n))
    throw new ModelsError(
      "SHAPE",
      `${model}.apply: expected x of shape n×${showShape(inputShape)}, got ${showShape(x.shape)}`,
    );
}

/** Layers depth first, blocks before their inner layers, each with its depth. */
function* everyLayer(layers: readonly Layer[], depth = 0): Generator<[Layer, number]> {
  for (const layer of layers) {
    yield [layer, depth];
    yield* everyLayer(layer.inner, depth + 1);
  }
}

function parametersOf(
  model: string,
  shapes: ReadonlyMap<string, readonly number[]>,
  params: tf.NamedTensorMap,
): Context["parameter"] {
  return (name) => {
    const value = params[name];
    const shape = shapes.get(name)!;
    if (value === undefined) throw new ModelsError("PARAMETERS", `${model}.apply: parameter ${name} is missing`);
    if (String(value.shape) !== String(shape))
      throw new ModelsError(
        "PARAMETERS",
        `${model}.apply: expected ${name} of shape ${showShape(shape)}, got ${showShape(value.shape)}`,
      );
    return value;
  };
}

function runningStatistics(buffers: NamedArrays): Statistics {
  return (layer, _x, epsilon) => ({
    mean: vector(buffers[`${layer}.mean`]!, (m) => m),
    inverseDeviation: vector(buffers[`${layer}.variance`]!, (v) => 1 / Math.sqrt(v + epsilon)),
  });
}

/** Statistics of the batch, which it keeps in `seen` for the caller to dispose. */
function batchStatistics(seen: tf.NamedTensorMap): Statistics {
  return (layer, x, epsilon) => {
    const axes = x.shape.slice(0, -1).map((_, axis) => axis);
    const { mean, variance } = tf.moments(x, axes);
    seen[`${layer}.mean`] = tf.keep(mean);
    seen[`${layer}.variance`] = tf.keep(variance);
    return { mean, inverseDeviation: tf.rsqrt(tf.add(variance, epsilon)) };
  };
}

const vector = (array: NamedArray, map: (value: number) => number): tf.Tensor1D =>
  tf.tensor1d(Float32Array.from(toFloat64(array), map));

function summaryOf({ name, kind, inputShape, outputShape, parameters }: Layer, depth: number): LayerSummary {
  return { name, kind, inputShape, outputShape, parameters, depth };
}

function checkInputShape(name: string, shape: readonly number[]): number[] {
  if (!Array.isArray(shape) || shape.length === 0)
    throw new ModelsError(
      "OPTION",
      `${name}: expected inputShape to be a list of at least one size, got ${show(shape)}`,
    );
  return shape.map((n, i) => integer(name, `inputShape[${i}]`, n));
}
