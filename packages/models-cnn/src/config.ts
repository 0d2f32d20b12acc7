import { ModelsError, show } from "./errors.js";
import type { BuiltNetwork } from "./model.js";
import { networks } from "./networks/all.js";

/** The names of the kinds of networks. */
export type NetworkKind = keyof typeof networks;

/** A network as plain JSON: its kind and the options of the function of that name. */
export type ModelConfig = {
  [K in NetworkKind]: { kind: K } & NonNullable<Parameters<(typeof networks)[K]>[0]>;
}[NetworkKind];

/** A network of any kind. */
export type Network = BuiltNetwork<ModelConfig>;

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
