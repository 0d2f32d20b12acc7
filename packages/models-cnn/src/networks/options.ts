import type { Activation } from "../activation.js";
import type { InitRule } from "../initial.js";
import type { LayerSpec, OddSizes } from "../layers/spec.js";

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

export interface SequentialOptions {
  /** Default `"sequential"`. */
  name?: string;
  /** Shape of one example, e.g. `[32, 32, 3]`. */
  inputShape: number[];
  /** Layers as plain JSON, first to last; the last must give a flat output. */
  layers: LayerSpec[];
}

/** The options of every kind of network, by the name it has in a configuration. */
interface NetworkOptions {
  "fully-connected": FullyConnectedOptions;
  "small-cnn": SmallCnnOptions;
  lenet: LenetOptions;
  vgg: VggOptions;
  resnet: ResnetOptions;
  sequential: SequentialOptions;
}

/** The names of the kinds of networks. */
export type NetworkKind = keyof NetworkOptions;

/** A network as plain JSON: its kind and the options of the function of that name. */
export type ModelConfig = { [K in NetworkKind]: { kind: K } & NetworkOptions[K] }[NetworkKind];
