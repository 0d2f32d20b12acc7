import type { Network } from "../model.js";
import { buildNetwork } from "../network.js";
import type { SequentialOptions } from "./options.js";

export type { SequentialOptions };

/**
 * The network that applies `layers` one after the other; residual blocks nest.
 *
 * @throws ModelsError `OPTION` or `SHAPE`, naming the layer that does not fit.
 */
export function sequential(options: SequentialOptions): Network {
  const { name = "sequential", inputShape, layers } = options;
  return buildNetwork({ kind: "sequential", name, inputShape, layers }, name, inputShape, layers);
}
