import type { InitRule } from "../initial.js";
import { initFor, type Activation } from "../activation.js";
import type { LayerSpec } from "../layers/spec.js";
import type { BuiltNetwork } from "../model.js";
import { buildNetwork } from "../network.js";

export interface FullyConnectedOptions {
  /** Default: the sizes, e.g. `"fully-connected 3072-64-64-1"`. */
  name?: string;
  /** Shape of one example; more than one axis is flattened row-major. */
  inputShape: number[];
  /** Units of the hidden layers; none makes a linear model. */
  widths: number[];
  /** Default 1. */
  outputs?: number;
  /** After every hidden layer; default `"relu"`. */
  activation?: Activation;
  /** Default true. */
  bias?: boolean;
  /** Of the hidden layers; default `"he"` for relu, elu, gelu and softplus, else `"lecun"`. The last layer has `"lecun"`. */
  init?: InitRule;
  /** Factor on the standard deviation of every kernel; default 1. */
  initScale?: number;
}

/**
 * A fully connected network `x → W_L σ(… σ(W_1 x + b_1) …) + b_L`.
 *
 * Kernels start at N(0, 2/fan_in) with ReLU, the last at N(0, 1/fan_in), biases at 0. Parameters `dense1.kernel [in, out]`,
 * `dense1.bias [out]`, `dense2.kernel` ….
 *
 * @throws ModelsError `OPTION` where an option is out of range.
 */
export function fullyConnected(
  options: FullyConnectedOptions,
): BuiltNetwork<{ kind: "fully-connected" } & FullyConnectedOptions> {
  const { inputShape, widths, outputs = 1, activation = "relu", bias = true } = options;
  const { init = initFor(activation), initScale = 1 } = options;
  const inputs = inputShape.reduce((a, b) => a * b, 1);
  const name = options.name ?? `fully-connected ${[inputs, ...widths, outputs].join("-")}`;
  const layers: LayerSpec[] = [
    ...(inputShape.length === 1 ? [] : [{ layer: "flatten" } as const]),
    ...widths.flatMap((units): LayerSpec[] => [
      { layer: "dense", units, bias, init, initScale },
      { layer: "activation", function: activation },
    ]),
    { layer: "dense", units: outputs, bias, init: "lecun", initScale },
  ];
  const config = {
    kind: "fully-connected",
    name,
    inputShape,
    widths,
    outputs,
    activation,
    bias,
    init,
    initScale,
  } as const;
  return buildNetwork(config, name, inputShape, layers);
}
