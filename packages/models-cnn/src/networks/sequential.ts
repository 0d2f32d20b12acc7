import type { LayerSpec } from "../layers/spec.js";
import type { BuiltNetwork } from "../model.js";
import { buildNetwork } from "../network.js";

export interface SequentialOptions {
  /** Default `"sequential"`. */
  name?: string;
  /** Shape of one example, e.g. `[32, 32, 3]`. */
  inputShape: number[];
  /** Layers as plain JSON, first to last; the last must give a flat output. */
  layers: LayerSpec[];
}

/**
 * The network that applies `layers` one after the other; residual blocks nest.
 *
 * @throws ModelsError `OPTION` or `SHAPE`, naming the layer that does not fit.
 */
export function sequential(options: SequentialOptions): BuiltNetwork<{ kind: "sequential" } & SequentialOptions> {
  const { name = "sequential", inputShape, layers } = options;
  return buildNetwork({ kind: "sequential", name, inputShape, layers }, name, inputShape, layers);
}
