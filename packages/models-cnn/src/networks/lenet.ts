import type { InitRule } from "../initial.js";
import { initFor, type Activation } from "../activation.js";
import type { LayerSpec, OddSizes } from "../layers/spec.js";
import type { BuiltNetwork } from "../model.js";
import { buildNetwork } from "../network.js";

export interface LenetOptions {
  /** Default `"lenet"`. */
  name?: string;
  /** Default `[32, 32, 3]`; `[28, 28, 1]` fits too. */
  inputShape?: number[];
  /** Filters of the 5×5 convolutions; default `[6, 16]`. */
  channels?: number[];
  /** Units of the hidden dense layers; default `[120, 84]`. */
  widths?: number[];
  /** Default 1. */
  outputs?: number;
  /** Default `"relu"`. */
  activation?: Activation;
  /** Default `"average"`. */
  pool?: "average" | "max";
  /** What a 2×2 pool does with a map of odd size; default `"refuse"`. */
  oddSizes?: OddSizes;
  /** Of the convolutions; default `"valid"`. */
  padding?: "valid" | "same";
  /** Default true. */
  bias?: boolean;
  /** Of the hidden layers; default `"he"` for relu, elu, gelu and softplus, else `"lecun"`. The last layer has `"lecun"`. */
  init?: InitRule;
  /** Factor on the standard deviation of every kernel; default 1. */
  initScale?: number;
}

/**
 * A network after LeNet-5 (LeCun et al. 1998): 5×5 convolutions, each with activation and 2×2 pool, then dense layers; every
 * filter sees every channel, the pools have no weights and the last layer is linear.
 *
 * Parameters `conv1.kernel`, `conv1.bias`, …, `dense1.kernel`, `dense1.bias`, ….
 *
 * @throws ModelsError `SHAPE` where a map is too small or a pool refuses an odd size; `OPTION` where an option is out of range.
 */
export function lenet(options: LenetOptions = {}): BuiltNetwork<{ kind: "lenet" } & LenetOptions> {
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
