import { initFor } from "../activation.js";
import type { LayerSpec } from "../layers/spec.js";
import type { Network } from "../model.js";
import { buildNetwork } from "../network.js";
import type { VggOptions } from "./options.js";

export type { VggOptions };

/**
 * A network after VGG (Simonyan and Zisserman 2015): 3×3 convolutions and pools, then dense layers.
 *
 * The default is the small VGG-11-like network of 5 convolutions and 2 dense layers that Wu, Ma and E (2018) train on two
 * classes of CIFAR-10. Parameters `conv1.kernel`, `conv1.bias`, (`norm1.gamma`, `norm1.beta`,) …, `dense1.kernel`, ….
 *
 * @throws ModelsError `SHAPE` where a pool refuses an odd size; `OPTION` where an option is out of range.
 */
export function vgg(options: VggOptions = {}): Network {
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
