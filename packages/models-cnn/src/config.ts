import { ModelsError, show } from "./errors.js";
import type { Network } from "./model.js";
import { fullyConnected, type FullyConnectedOptions } from "./networks/fully-connected.js";
import { lenet, type LenetOptions } from "./networks/lenet.js";
import { resnet, type ResnetOptions } from "./networks/resnet.js";
import { sequential, type SequentialOptions } from "./networks/sequential.js";
import { smallCnn, type SmallCnnOptions } from "./networks/small-cnn.js";
import { vgg, type VggOptions } from "./networks/vgg.js";

/** A network as plain JSON: its kind and the options of the function of that name. */
export type ModelConfig =
  | ({ kind: "fully-connected" } & FullyConnectedOptions)
  | ({ kind: "small-cnn" } & SmallCnnOptions)
  | ({ kind: "lenet" } & LenetOptions)
  | ({ kind: "vgg" } & VggOptions)
  | ({ kind: "resnet" } & ResnetOptions)
  | ({ kind: "sequential" } & SequentialOptions);

/**
 * The network that `config` describes; `network.config` is the inverse, with every default filled in.
 *
 * @throws ModelsError `OPTION` for an unknown kind or option, and the errors of the function of the network.
 */
export function modelFromConfig(config: ModelConfig): Network {
  const network = build(config);
  const known = Object.keys(network.config);
  const stranger = Object.keys(config).find((key) => !known.includes(key));
  if (stranger !== undefined)
    throw new ModelsError(
      "OPTION",
      `modelFromConfig: expected options of ${config.kind} (${known.join(", ")}), got "${stranger}"`,
    );
  return network;
}

function build(config: ModelConfig): Network {
  switch (config.kind) {
    case "fully-connected":
      return fullyConnected(config);
    case "small-cnn":
      return smallCnn(config);
    case "lenet":
      return lenet(config);
    case "vgg":
      return vgg(config);
    case "resnet":
      return resnet(config);
    case "sequential":
      return sequential(config);
    default:
      throw new ModelsError(
        "OPTION",
        "modelFromConfig: expected kind to be one of fully-connected, small-cnn, lenet, vgg, resnet, sequential, " +
          `got ${show((config as { kind?: unknown }).kind)}`,
      );
  }
}
