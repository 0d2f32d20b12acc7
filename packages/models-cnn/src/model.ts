import type { NamedArray } from "@sgdscope/array-files";
import type * as tf from "@tensorflow/tfjs-core";
import type { LayerSpec } from "./layers/spec.js";

/** Uniform on [0, 1). */
export type Random = () => number;

/** Arrays by name, in order. */
export type NamedArrays = Record<string, NamedArray>;

/** A function of parameters: pure, no hidden state. */
export interface Model {
  readonly name: string;
  readonly inputShape: number[];
  readonly outputs: number;
  /** Fresh parameters, Float32. The caller disposes them. */
  init(random: Random): tf.NamedTensorMap;
  /** `f(x; θ)` for `x` of shape `[n, ...inputShape]`: shape `[n, outputs]`. The caller disposes it. */
  apply(params: tf.NamedTensorMap, x: tf.Tensor): tf.Tensor;
}

/** A parameter before it has values: each entry is drawn from N(mean, standardDeviation²). */
export interface ParameterInfo {
  readonly name: string;
  readonly shape: number[];
  readonly mean: number;
  readonly standardDeviation: number;
}

/** One row of the summary of a network. */
export interface LayerSummary {
  readonly name: string;
  readonly kind: LayerSpec["layer"];
  readonly inputShape: number[];
  readonly outputShape: number[];
  readonly parameters: readonly ParameterInfo[];
  /** How deep inside residual blocks the layer is; 0 outside. */
  readonly depth: number;
}

/** A `Model` of this package: it also has its layers, its untrained buffers, and the plain JSON it was made from. */
export interface BuiltNetwork<Config = object> extends Model {
  /** Plain JSON with every default filled in; `modelFromConfig` gives the same network again (its buffers aside). */
  readonly config: Config;
  /** Names, shapes and initial distribution of the parameters, in the order `init` returns them. */
  readonly parameters: readonly ParameterInfo[];
  /** Constants of the function that are not trained: running means and variances of batch normalisation, Float32. */
  readonly buffers: NamedArrays;
  /** The layers as plain JSON, each with its name; `sequential` makes the same function of them. */
  readonly specs: readonly LayerSpec[];
  /** One row per layer, those inside residual blocks after their block. */
  readonly layers: readonly LayerSummary[];
  /**
   * The same network with other constants; `buffers` must have the names and shapes of `network.buffers`.
   *
   * @throws ModelsError `PARAMETERS` that lists what differs.
   */
  withBuffers(buffers: NamedArrays): BuiltNetwork<Config>;
  /**
   * The same network with the means and (population) variances that the normalisation layers see on `x` at `params`, layer by
   * layer, each after the ones before it are normalised: what training mode would use on this batch.
   *
   * One forward pass over all of `x` (shape `[n, ...inputShape]`) at once. Nothing is disposed.
   */
  calibrate(params: tf.NamedTensorMap, x: tf.Tensor): Promise<BuiltNetwork<Config>>;
}
