import type { InitRule } from "../initial.js";
import { initFor, type Activation } from "../activation.js";
import type { LayerSpec, OddSizes } from "../layers/spec.js";
import type { BuiltNetwork } from "../model.js";
import { buildNetwork } from "../network.js";

export interface SmallCnnOptions {
  /** Default: the channels, e.g. `"small-cnn 16-32"`. */
  name?: string;
  /** Default `[32, 32, 3]`. */
  inputShape?: number[];
  /** Filters of each convolution; default `[16, 32]`. */
  channels?: number[];
  /** Default 1. */
  outputs?: number;
  /** Default `"relu"`. */
  activation?: Activation;
  /** Default `"average"`. */
  pool?: "average" | "max";
  /** What a 2×2 pool does with a map of odd size; default `"refuse"`. */
  oddSizes?: OddSizes;
  /** Default true. */
  bias?: boolean;
  /** Of the convolutions; default `"he"` for relu, elu, gelu and softplus, else `"lecun"`. The last layer has `"lecun"`. */
  init?: InitRule;
  /** Factor on the standard deviation of every kernel; default 1. */
  initScale?: number;
}

/**
 * A small convolutional network: for each entry of `channels` a 3×3 convolution (stride 1, zeros around it), the
 * activation and a 2×2 pool; then flatten in (h, w, c) order and one dense layer.
 *
 * Parameters `conv1.kernel` (HWIO), `conv1.bias`, …, `dense.kernel [in, out]`, `dense.bias`. The defaults with ten outputs have
 * 25,578 parameters.
 *
 * @throws ModelsError `SHAPE` where a map of odd size meets a pool that refuses it; `OPTION` where an option is out of range.
 */
export function smallCnn(options: SmallCnnOptions = {}): BuiltNetwork<{ kind: "small-cnn" } & SmallCnnOptions> {
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
