import { initFor } from "../activation.js";
import type { LayerSpec } from "../layers/spec.js";
import type { Network } from "../model.js";
import { buildNetwork } from "../network.js";
import type { LenetOptions } from "./options.js";

export type { LenetOptions };

/**
 * A network after LeNet-5 (LeCun et al. 1998): 5×5 convolutions, each with activation and 2×2 pool, then dense layers; every
 * filter sees every channel, the pools have no weights and the last layer is linear.
 *
 * Parameters `conv1.kernel`, `conv1.bias`, …, `dense1.kernel`, `dense1.bias`, ….
 *
 * @throws ModelsError `SHAPE` where a map is too small or a pool refuses an odd size; `OPTION` where an option is out of range.
 */
export function lenet(options: LenetOptions = {}): Network {
  const { name = "lenet", inputShape = [32, 32, 3], channels = [6, 16], widths = [120, 84], outputs = 1 } = options;
  const { activation = "relu", pool = "average", oddSizes = "refuse", padding = "valid", bias = true } = options;
  const { init = initFor(activation), initScale = 1 } = options;
  const start = { bias, init, initScale };
  const layers: LayerSpec[] = [
    ...channels.flatMap((filters): LayerSpec[] => [
      { layer: "conv", filters, size: 5, padding, ...start },
      { layer: "activation", function: activation },
      { layer: "pool", kind: pool, oddSizes },
    ]),
    { layer: "flatten" },
    ...widths.flatMap((units): LayerSpec[] => [
      { layer: "dense", units, ...start },
      { layer: "activation", function: activation },
    ]),
    { layer: "dense", units: outputs, ...start, init: "lecun" },
  ];
  const config = {
    kind: "lenet" as const,
    name,
    inputShape,
    channels,
    widths,
    outputs,
    activation,
    pool,
    oddSizes,
    padding,
    bias,
    init,
    initScale,
  };
  return buildNetwork(config, name, inputShape, layers);
}
