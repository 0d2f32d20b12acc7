import type * as tf from "@tensorflow/tfjs-core";

/** The part of a weight of `@tensorflow/tfjs-layers` that is used. */
export interface LayerWeight {
  readonly name: string;
  read(): tf.Tensor;
}

/** The part of a layer that is used. */
export interface LayerLike {
  readonly name: string;
  readonly stateful?: boolean;
  readonly activityRegularizer?: unknown;
  getClassName?(): string;
  call?(...parameters: unknown[]): unknown;
}

/** The part of a `tf.LayersModel` or `tf.Sequential` that is used. */
export interface LayersModelLike {
  readonly name: string;
  readonly layers: readonly LayerLike[];
  readonly inputs: readonly { readonly shape: readonly (number | null)[] }[];
  readonly outputs: readonly { readonly shape: readonly (number | null)[] }[];
  readonly trainableWeights: readonly LayerWeight[];
  apply(inputs: tf.Tensor, kwargs?: { training?: boolean }): unknown;
}

export type Call = (...parameters: unknown[]) => unknown;

/**
 * The same function as a layer's `call`, in operations with derivatives or with rules for single examples, or undefined where the layer
 * has both already. It may still fall back to `own`.
 */
export type Rewriting = (layer: LayerLike, own: Call) => Call | undefined;
