import { ModelsError, show } from "./errors.js";
import type { Network } from "./model.js";
import { fullyConnected } from "./networks/fully-connected.js";
import { lenet } from "./networks/lenet.js";
import type { ModelConfig, NetworkKind } from "./networks/options.js";
import { resnet } from "./networks/resnet.js";
import { sequential } from "./networks/sequential.js";
import { smallCnn } from "./networks/small-cnn.js";
import { vgg } from "./networks/vgg.js";

export type { ModelConfig, NetworkKind };

/** Every kind of network, by the name it has in a configuration. A new one is its file, its options and a line here. */
const networks = {
  "fully-connected": fullyConnected,
  "small-cnn": smallCnn,
  lenet,
  vgg,
  resnet,
  sequential,
} as const satisfies Record<NetworkKind, unknown>;

export const networkKinds = Object.keys(networks) as [NetworkKind, ...NetworkKind[]];

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
  const { kind } = config as { kind?: unknown };
  if (typeof kind !== "string" || !Object.hasOwn(networks, kind))
    throw new ModelsError(
      "OPTION",
      `modelFromConfig: expected kind to be one of ${networkKinds.join(", ")}, got ${show(kind)}`,
    );
  return (networks[config.kind] as (options: ModelConfig) => Network)(config);
}
