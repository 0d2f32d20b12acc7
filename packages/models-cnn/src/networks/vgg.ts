import type { InitRule } from "../initial.js";
import { initFor, type Activation } from "../activation.js";
import type { LayerSpec, OddSizes } from "../layers/spec.js";
import type { BuiltNetwork } from "../model.js";
import { buildNetwork } from "../network.js";

export interface VggOptions {
  /** Default `"vgg"`. */
  name?: string;
  /** Default `[32, 32, 3]`. */
  inputShape?: number[];
  /** Filters of 3×3 convolutions, and `"pool"` for a 2×2 pool; default `[16, "pool", 16, "pool", 32, "pool", 64, "pool", 64, "pool"]`. */
  features?: (number | "pool")[];
  /** Units of the hidden dense layers; default `[128]`. */
  widths?: number[];
  /** Default 1. */
  outputs?: number;
  /** Default `"relu"`. */
  activation?: Activation;
  /** Default `"max"`. */
  pool?: "average" | "max";
  /** What a pool does with a map of odd size; default `"refuse"`. */
  oddSizes?: OddSizes;
  /** `"batch"`: after each convolution, in inference mode (see `Network.calibrate`), and no bias there; default `"none"`. */
  normalisation?: "none" | "batch";
  /** Default true. */
  bias?: boolean;
  /** Of the hidden layers; default `"he"` for relu, elu, gelu and softplus, else `"lecun"`. The last layer has `"lecun"`. */
  init?: InitRule;
  /** Factor on the standard deviation of every kernel; default 1. */
  initScale?: number;
}

/**
 * A network after VGG (Simonyan and Zisserman 2015): 3×3 convolutions and pools, then dense layers.
 *
 * The default is the small VGG-11-like network of 5 convolutions and 2 dense layers that Wu, Ma and E (2018) train on two
 * classes of CIFAR-10. Parameters `conv1.kernel`, `conv1.bias`, (`norm1.gamma`, `norm1.beta`,) …, `dense1.kernel`, ….
 *
 * @throws ModelsError `SHAPE` where a pool refuses an odd size; `OPTION` where an option is out of range.
 */
export function vgg(options: VggOptions = {}): BuiltNetwork<{ kind: "vgg" } & VggOptions> {
  const { name = "vgg", inputShape = [32, 32, 3], widths = [128], outputs = 1, activation = "relu" } = options;
  const { features = [16, "pool", 16, "pool", 32, "pool", 64, "pool", 64, "pool"], pool = "max" } = options;
  const { oddSizes = "refuse", normalisation = "none", bias = true, initScale = 1 } = options;
  const { init = initFor(activation) } = options;
  const batch = normalisation === "batch";
  const layers: LayerSpec[] = [
    ...features.flatMap((entry): LayerSpec[] =>
      entry === "pool"
        ? [{ layer: "pool", kind: pool, oddSizes }]
        : [
            { layer: "conv", filters: entry, size: 3, bias: bias && !batch, init, initScale },
            ...(batch ? [{ layer: "batch-norm" } as const] : []),
            { layer: "activation", function: activation },
          ],
    ),
    { layer: "flatten" },
    ...widths.flatMap((units): LayerSpec[] => [
      { layer: "dense", units, bias, init, initScale },
      { layer: "activation", function: activation },
    ]),
    { layer: "dense", units: outputs, bias, init: "lecun", initScale },
  ];
  const config = {
    kind: "vgg" as const,
    name,
    inputShape,
    features,
    widths,
    outputs,
    activation,
    pool,
    oddSizes,
    normalisation,
    bias,
    init,
    initScale,
  };
  return buildNetwork(config, name, inputShape, layers);
}
