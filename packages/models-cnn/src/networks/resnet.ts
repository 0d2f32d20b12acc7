import type { InitRule } from "../initial.js";
import { initFor, type Activation } from "../activation.js";
import { integer, ModelsError, oneOf, show } from "../errors.js";
import type { ConvSpec, LayerSpec } from "../layers/spec.js";
import type { BuiltNetwork } from "../model.js";
import { buildNetwork } from "../network.js";

export interface ResnetOptions {
  /** Default `"resnet-<depth>"`. */
  name?: string;
  /** Default `[32, 32, 3]`. */
  inputShape?: number[];
  /** Number of weighted layers, 2 + 2·(number of `widths`)·k: 8, 14, 20, 32, 44, 56 with three widths; default 8. */
  depth?: number;
  /** Filters of each stage; each stage but the first halves height and width; default `[16, 32, 64]`. */
  widths?: number[];
  /** Default 1. */
  outputs?: number;
  /** Default `"relu"`. */
  activation?: Activation;
  /** `"batch"`: after each convolution, in inference mode (see `Network.calibrate`), and no bias there; default `"none"`. */
  normalisation?: "none" | "batch";
  /** Where a stage widens: `"subsample"` (no parameters: every second pixel, zeros in the new channels) or `"projection"` (1×1 convolution); default `"subsample"`. */
  shortcut?: "subsample" | "projection";
  /** Zeros around the maps of strided convolutions: `"same"` (TensorFlow) or `"symmetric"` (PyTorch's `padding=1`); default `"same"`. */
  stridePadding?: "same" | "symmetric";
  /** Of the convolutions; default `"he"` for relu, elu, gelu and softplus, else `"lecun"`. The last layer has `"lecun"`. */
  init?: InitRule;
  /** Factor on the standard deviation of every kernel; default 1. */
  initScale?: number;
}

/**
 * A residual network for small images (He et al. 2016, §4.2): a 3×3 convolution, stages of basic blocks
 * `σ(x + conv(σ(conv(x))))`, mean over the map, one dense layer. Shortcuts are their options A (`"subsample"`) and B (`"projection"`).
 *
 * Without normalisation the second convolution of each of the b blocks starts with its variance divided by b. With ReLU a branch then
 * has at most 2/b of the second moment of its input, so all blocks together multiply it by less than (1 + 2/b)^b < e² in
 * expectation. That scaling is derived here. With normalisation, call `Network.calibrate` once the parameters exist.
 *
 * Parameters `conv1.kernel`, …, `stage1.block1.conv1.kernel`, `stage1.block1.norm1.gamma`, …, `dense.kernel`, `dense.bias`.
 *
 * @throws ModelsError `OPTION` for a depth that is not 2 + 2·stages·k or another option out of range.
 */
export function resnet(options: ResnetOptions = {}): BuiltNetwork<{ kind: "resnet" } & ResnetOptions> {
  const { inputShape = [32, 32, 3], depth = 8, widths = [16, 32, 64], outputs = 1, activation = "relu" } = options;
  const { init = initFor(activation), initScale = 1 } = options;
  const normalisation = oneOf("resnet", "normalisation", options.normalisation ?? "none", ["none", "batch"]);
  const shortcut = oneOf("resnet", "shortcut", options.shortcut ?? "subsample", ["subsample", "projection"]);
  const stridePadding = oneOf("resnet", "stridePadding", options.stridePadding ?? "same", ["same", "symmetric"]);
  const name = options.name ?? `resnet-${depth}`;
  const perStage = (integer("resnet", "depth", depth) - 2) / (2 * widths.length);
  if (!Number.isInteger(perStage) || perStage < 1)
    throw new ModelsError(
      "OPTION",
      `resnet: expected depth to be 2 + ${2 * widths.length}·k for ${widths.length} stages, got ${show(depth)}`,
    );

  const batch = normalisation === "batch";
  const branchScale = batch ? initScale : initScale / Math.sqrt(perStage * widths.length);
  const conv = (path: string, filters: number, more: Partial<ConvSpec> = {}): LayerSpec[] => [
    { layer: "conv", name: path, filters, size: 3, bias: !batch, init, initScale, ...more },
    ...(batch ? [{ layer: "batch-norm", name: normName(path) } as const] : []),
  ];
  const act: LayerSpec = { layer: "activation", function: activation };
  const block = (path: string, filters: number, stride: number, widens: boolean): LayerSpec[] => [
    {
      layer: "residual",
      name: path,
      branch: [
        ...conv(`${path}.conv1`, filters, stride > 1 ? { stride, padding: stridePadding } : {}),
        act,
        ...conv(`${path}.conv2`, filters, { initScale: branchScale }),
      ],
      shortcut:
        stride === 1 && !widens
          ? []
          : shortcut === "subsample"
            ? [{ layer: "subsample", stride, filters }]
            : conv(`${path}.shortcut`, filters, { size: 1, stride, padding: "valid", init: "lecun" }),
    },
    act,
  ];
  const layers: LayerSpec[] = [
    ...conv("conv1", widths[0]!),
    act,
    ...widths.flatMap((filters, s) =>
      Array.from({ length: perStage }, (_, k) => {
        const first = k === 0 && s > 0;
        return block(`stage${s + 1}.block${k + 1}`, filters, first ? 2 : 1, first && filters !== widths[s - 1]);
      }).flat(),
    ),
    { layer: "global-average-pool" },
    { layer: "dense", name: "dense", units: outputs, init: "lecun", initScale },
  ];
  const config = {
    kind: "resnet" as const,
    name,
    inputShape,
    depth,
    widths,
    outputs,
    activation,
    normalisation,
    shortcut,
    stridePadding,
    init,
    initScale,
  };
  return buildNetwork(config, name, inputShape, layers);
}

/** `…conv2` is followed by `…norm2`, `…shortcut` by `…shortcut-norm`. */
const normName = (path: string): string =>
  path.endsWith("shortcut") ? `${path}-norm` : path.replace(/conv(\d+)$/, "norm$1");
