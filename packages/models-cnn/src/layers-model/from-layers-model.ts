import type * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { type Activation, activations } from "../activation.js";
import { ModelsError, show } from "../errors.js";
import type { LayerSpec } from "../layers/spec.js";
import type { Network } from "../config.js";
import type { NamedArrays } from "../model.js";
import { sequential } from "../networks/sequential.js";
import { parametersFromArrays, parametersToArrays } from "../parameters.js";

/** A LayersModel as a pure function and its parameters. */
export interface ConvertedModel {
  /** Of kind `"sequential"`; parameters are named after the model's layers, batch statistics are its buffers. */
  network: Network;
  /** Copies of the weights. The caller disposes them. */
  params: tf.NamedTensorMap;
}

type KerasLayer = LayersModel["layers"][number];
type Config = Record<string, unknown>;

/**
 * The pure function that a LayersModel computes in inference, so that it can be differentiated with respect to its parameters.
 *
 * Supports Dense, Conv2D, AveragePooling2D, MaxPooling2D, GlobalAveragePooling2D, Flatten, Activation, ReLU, ELU, BatchNormalization and
 * Dropout (as the identity), in one chain, with square kernels and windows. The model is not disposed.
 *
 * @throws ModelsError `UNSUPPORTED`, naming the layer and what about it is not supported.
 */
export async function fromLayersModel(model: LayersModel): Promise<ConvertedModel> {
  const specs = model.layers.flatMap((layer, i) => {
    checkChain(layer, model.layers[i - 1]);
    return specsOf(layer);
  });
  const shape = model.inputs[0]!.shape.slice(1);
  if (model.inputs.length !== 1 || model.outputs.length !== 1 || shape.some((n) => n === null))
    throw new ModelsError(
      "UNSUPPORTED",
      `fromLayersModel: expected one input of fixed shape and one output, got ${plural(model.inputs.length, "input")} of ${show(shape)} and ${plural(model.outputs.length, "output")}`,
    );
  const network = sequential({ name: model.name, inputShape: shape as number[], layers: specs });
  const arrays: NamedArrays = {};
  for (const layer of model.layers) {
    const fields = fieldsOf(layer);
    const weights = Object.fromEntries(layer.getWeights().map((tensor, i) => [`${layer.name}.${fields[i]!}`, tensor]));
    Object.assign(arrays, await parametersToArrays(weights));
  }
  const pick = (names: readonly string[]): NamedArrays =>
    Object.fromEntries(names.map((name) => [name, arrays[name]!]));
  return {
    network: network.withBuffers(pick(Object.keys(network.buffers))),
    params: parametersFromArrays(pick(network.parameters.map(({ name }) => name))),
  };
}

const fieldsOf = (layer: KerasLayer): string[] =>
  layer.getClassName() === "BatchNormalization" ? ["gamma", "beta", "mean", "variance"] : ["kernel", "bias"];

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

function unsupported(layer: KerasLayer, why: string): never {
  throw new ModelsError(
    "UNSUPPORTED",
    `fromLayersModel: cannot convert layer ${layer.name} (${layer.getClassName()}): ${why}`,
  );
}

/** Refuses layers that are shared or read something else than the layer before. */
function checkChain(layer: KerasLayer, before: KerasLayer | undefined): void {
  const nodes = layer.inboundNodes;
  const sources = nodes[0]?.inboundLayers ?? [];
  const first = before === undefined || before.getClassName() === "InputLayer";
  if (nodes.length > 1 || sources.length > 1 || (!first && sources.length === 1 && sources[0] !== before))
    unsupported(layer, "it is shared or has other inputs than the layer before it; branching models are not supported");
}

function specsOf(layer: KerasLayer): LayerSpec[] {
  const config = layer.getConfig() as Config;
  const name = layer.name;
  switch (layer.getClassName()) {
    case "InputLayer":
    case "Dropout":
      return [];
    case "Flatten":
      return [{ layer: "flatten" }];
    case "Dense":
      return [
        { layer: "dense", name, units: config["units"] as number, bias: config["useBias"] !== false },
        ...activationOf(layer, config["activation"]),
      ];
    case "Conv2D":
      checkConvolution(layer, config);
      return [
        {
          layer: "conv",
          name,
          filters: config["filters"] as number,
          size: square(layer, "kernelSize", config["kernelSize"]),
          stride: square(layer, "strides", config["strides"]),
          padding: config["padding"] as "same" | "valid",
          bias: config["useBias"] !== false,
        },
        ...activationOf(layer, config["activation"]),
      ];
    case "AveragePooling2D":
    case "MaxPooling2D":
      if (config["padding"] !== "valid")
        unsupported(layer, `pools are supported with padding "valid" only, not ${show(config["padding"])}`);
      return [
        {
          layer: "pool",
          kind: layer.getClassName() === "MaxPooling2D" ? "max" : "average",
          size: square(layer, "poolSize", config["poolSize"]),
          stride: square(layer, "strides", config["strides"]),
          oddSizes: "drop",
        },
      ];
    case "GlobalAveragePooling2D":
      return [{ layer: "global-average-pool" }];
    case "Activation":
      return activationOf(layer, config["activation"]);
    case "ReLU":
      if (config["maxValue"] != null) unsupported(layer, "a ReLU with maxValue is not supported");
      return [{ layer: "activation", function: "relu" }];
    case "ELU":
      if (config["alpha"] != null && config["alpha"] !== 1)
        unsupported(layer, `ELU is supported with alpha 1 only, not ${show(config["alpha"])}`);
      return [{ layer: "activation", function: "elu" }];
    case "BatchNormalization":
      if (config["center"] === false || config["scale"] === false)
        unsupported(layer, "batch normalisation is supported with both center and scale only");
      return [{ layer: "batch-norm", name, epsilon: config["epsilon"] as number }];
    default:
      return unsupported(layer, "layers of this class are not supported");
  }
}

function checkConvolution(layer: KerasLayer, config: Config): void {
  if (config["dataFormat"] === "channelsFirst" || config["dataFormat"] === "channels_first")
    unsupported(layer, "the data format channels first is not supported");
  const dilation = config["dilationRate"];
  if (dilation != null && [dilation].flat().some((rate) => rate !== 1)) unsupported(layer, "dilation is not supported");
  if (config["padding"] !== "same" && config["padding"] !== "valid")
    unsupported(
      layer,
      `convolutions are supported with padding "same" or "valid" only, not ${show(config["padding"])}`,
    );
}

function square(layer: KerasLayer, key: string, value: unknown): number {
  const [height, width = height] = [value].flat() as number[];
  if (height !== width) unsupported(layer, `${key} must be square, and is ${show(value)}`);
  return height!;
}

function activationOf(layer: KerasLayer, name: unknown): LayerSpec[] {
  if (name == null || name === "linear") return [];
  if (!activations.includes(name as Activation))
    unsupported(layer, `activation ${show(name)} is not one of ${activations.join(", ")}`);
  return [{ layer: "activation", function: name as Activation }];
}
