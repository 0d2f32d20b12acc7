import type { Activation } from "../activation.js";
import type { InitRule } from "../initial.js";

interface Named {
  /** Prefix of its parameters; default its kind and count, e.g. `conv2`. No two layers of a network share one. */
  name?: string;
}

/** How a kernel is drawn: rule (variance by fan) and a factor on the standard deviation. */
interface KernelInit extends Named {
  /** Default `"he"`. */
  init?: InitRule;
  /** Factor on the standard deviation of the kernel; default 1. */
  initScale?: number;
}

/**
 * `"same"`: zeros such that the output has ⌈size / stride⌉ rows, TensorFlow's way (with stride 2 and even sizes the zeros
 * are only at the end); `"valid"`: none; `"symmetric"`: (k − 1)/2 zeros on every side, PyTorch's `padding=k//2`.
 * At stride 1 and odd k, `"same"` and `"symmetric"` are one.
 */
export type Padding = "same" | "valid" | "symmetric";

/** What a pool does where its size does not divide the map: refuse at construction, or drop the last rows and columns. */
export type OddSizes = "refuse" | "drop";

/** 2-D convolution, kernel HWIO `[size, size, in, filters]`. */
export interface ConvSpec extends KernelInit {
  layer: "conv";
  filters: number;
  size: number;
  /** Default 1. */
  stride?: number;
  /** Default `"same"`. */
  padding?: Padding;
  /** Default true. */
  bias?: boolean;
}

/** Matrix product with a kernel `[in, units]`. */
export interface DenseSpec extends KernelInit {
  layer: "dense";
  units: number;
  /** Default true. */
  bias?: boolean;
}

/** Elementwise function. */
export interface ActivationSpec extends Named {
  layer: "activation";
  function: Activation;
}

/** Pooling over `size × size` windows. */
export interface PoolSpec extends Named {
  layer: "pool";
  kind: "average" | "max";
  /** Default 2. */
  size?: number;
  /** Default `size`. */
  stride?: number;
  /** Default `"refuse"`. */
  oddSizes?: OddSizes;
}

/** Mean over height and width: `[h, w, c]` to `[c]`. */
export interface GlobalAveragePoolSpec extends Named {
  layer: "global-average-pool";
}

/** Batch normalisation in inference mode over the last axis; parameters `gamma`, `beta`, buffers `mean`, `variance`. */
export interface BatchNormSpec extends Named {
  layer: "batch-norm";
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
}

/** Row-major flattening: `(h, w, c)` order. */
export interface FlattenSpec extends Named {
  layer: "flatten";
}

/** Every `stride`-th row and column, channels filled up with zeros to `filters`; no parameters. */
export interface SubsampleSpec extends Named {
  layer: "subsample";
  stride: number;
  filters: number;
}

/** `branch(x) + shortcut(x)`; an empty or absent shortcut is the identity. */
export interface ResidualSpec extends Named {
  layer: "residual";
  branch: LayerSpec[];
  shortcut?: LayerSpec[];
}

/** A layer as plain JSON. */
export type LayerSpec =
  | ConvSpec
  | DenseSpec
  | ActivationSpec
  | PoolSpec
  | GlobalAveragePoolSpec
  | BatchNormSpec
  | FlattenSpec
  | SubsampleSpec
  | ResidualSpec;
