import { initFor } from "../activation.js";
import type { LayerSpec } from "../layers/spec.js";
import type { Network } from "../model.js";
import { buildNetwork } from "../network.js";
import type { SmallCnnOptions } from "./options.js";

export type { SmallCnnOptions };

/**
 * A small convolutional network: for each entry of `channels` a 3×3 convolution (stride 1, zeros around it), the
 * activation and a 2×2 pool; then flatten in (h, w, c) order and one dense layer.
 *
 * Parameters `conv1.kernel` (HWIO), `conv1.bias`, …, `dense.kernel [in, out]`, `dense.bias`. The defaults with ten outputs have
 * 25,578 parameters.
 *
 * @throws ModelsError `SHAPE` where a map of odd size meets a pool that refuses it; `OPTION` where an option is out of range.
 */
export function smallCnn(options: SmallCnnOptions = {}): Network {
  const { inputShape = [32, 32, 3], channels = [16, 32], outputs = 1, activation = "relu" } = options;
  const { pool = "average", oddSizes = "refuse", bias = true, init = initFor(activation), initScale = 1 } = options;
  const name = options.name ?? `small-cnn ${channels.join("-")}`;
  const layers: LayerSpec[] = [
    ...channels.flatMap((filters): LayerSpec[] => [
      { layer: "conv", filters, size: 3, bias, init, initScale },
      { layer: "activation", function: activation },
      { layer: "pool", kind: pool, oddSizes },
    ]),
    { layer: "flatten" },
    { layer: "dense", name: "dense", units: outputs, bias, init: "lecun", initScale },
  ];
  const config = {
    kind: "small-cnn",
    name,
    inputShape,
    channels,
    outputs,
    activation,
    pool,
    oddSizes,
    bias,
    init,
    initScale,
  } as const;
  return buildNetwork(config, name, inputShape, layers);
}
