import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { LayerSpec } from "../layers/spec.js";
import type { Network } from "../config.js";
import { checkNames, parametersFromArrays } from "../parameters.js";
import { layersLibrary } from "./node.js";

type Library = typeof import("@tensorflow/tfjs-layers");

/**
 * A LayersModel that computes the same function, with copies of the parameters as its weights. The caller disposes it.
 *
 * Residual blocks become `Add` layers; batch normalisation gets the buffers of the network as moving statistics.
 *
 * @throws ModelsError `PARAMETERS` where `params` are not those of the network; `NOT_AVAILABLE` without `@tensorflow/tfjs-layers`.
 */
export async function toLayersModel(network: Network, params: tf.NamedTensorMap): Promise<LayersModel> {
  checkNames("toLayersModel", network.parameters, params);
  const library = await layersLibrary("toLayersModel");
  const buffers = parametersFromArrays(network.buffers);
  try {
    const weights = { ...params, ...buffers };
    const input = library.input({ shape: network.inputShape });
    const pending: (() => void)[] = [];
    let last = input;
    for (const spec of network.specs) last = connect(library, spec, last, weights, pending);
    const model = library.model({ inputs: input, outputs: last, name: network.name.replace(/[^\w-]+/g, "_") });
    for (const setWeights of pending) setWeights();
    return model;
  } finally {
    tf.dispose(buffers);
  }
}

type Weights = tf.NamedTensorMap;

/** Applies the layer of `spec` to `input`; its weights are set by a thunk once the model exists. */
function connect(
  library: Library,
  spec: LayerSpec,
  input: SymbolicTensor,
  weights: Weights,
  pending: (() => void)[],
): SymbolicTensor {
  const { layers } = library;
  const name = spec.name!.replace(/[^\w.-]+/g, "_");
  const use = (layer: LayersModel["layers"][number], fields: readonly string[] = []): SymbolicTensor => {
    const values = fields.map((field) => weights[`${spec.name!}.${field}`]!);
    if (values.length > 0) pending.push(() => layer.setWeights(values));
    return layer.apply(input) as SymbolicTensor;
  };
  switch (spec.layer) {
    case "conv": {
      const { filters, size: kernelSize, stride: strides = 1, bias: useBias = true, padding = "same" } = spec;
      const margin = (kernelSize - 1) / 2;
      const pads = padding === "symmetric" && strides > 1 && margin > 0;
      if (pads) {
        const around: [number, number] = [margin, margin];
        const padded = layers.zeroPadding2d({ padding: [around, around], name: `${name}_pad` });
        input = padded.apply(input) as SymbolicTensor;
      }
      const layerPadding = pads || padding === "valid" ? "valid" : "same";
      const layer = layers.conv2d({ filters, kernelSize, strides, padding: layerPadding, useBias, name });
      return use(layer, useBias ? ["kernel", "bias"] : ["kernel"]);
    }
    case "dense": {
      const { units, bias: useBias = true } = spec;
      return use(layers.dense({ units, useBias, name }), useBias ? ["kernel", "bias"] : ["kernel"]);
    }
    case "activation":
      return use(layers.activation({ activation: spec.function, name }));
    case "pool": {
      const { size: poolSize = 2, stride: strides = poolSize } = spec;
      const options = { poolSize, strides, padding: "valid", name } as const;
      return use(spec.kind === "max" ? layers.maxPooling2d(options) : layers.averagePooling2d(options));
    }
    case "global-average-pool":
      return use(layers.globalAveragePooling2d({ name }));
    case "batch-norm":
      return use(layers.batchNormalization({ epsilon: spec.epsilon ?? 1e-5, name }), [
        "gamma",
        "beta",
        "mean",
        "variance",
      ]);
    case "flatten":
      return use(layers.flatten({ name }));
    case "subsample": {
      const { stride: strides, filters } = spec;
      const layer = layers.conv2d({ filters, kernelSize: 1, strides, useBias: false, trainable: false, name });
      pending.push(() =>
        tf.tidy(() =>
          layer.setWeights([tf.reshape(tf.eye(input.shape[3]!, filters), [1, 1, input.shape[3]!, filters])]),
        ),
      );
      return use(layer);
    }
    case "residual": {
      const through = (specs: readonly LayerSpec[]): SymbolicTensor =>
        specs.reduce((value, inner) => connect(library, inner, value, weights, pending), input);
      return layers.add({ name }).apply([through(spec.branch), through(spec.shortcut ?? [])]) as SymbolicTensor;
    }
  }
}
