import type { NamedArray } from "@sgdscope/array-files";
import type * as tf from "@tensorflow/tfjs-core";
import type { ParameterInfo } from "../model.js";
import type { LayerSpec } from "./spec.js";

/** Where a layer finds its parameters and, for normalisation, its statistics while it is applied. */
export interface Context {
  parameter(name: string): tf.Tensor;
  /** Mean and 1/√(variance + ε) of the last axis of `x`, each `[channels]`. */
  statistics(layer: string, x: tf.Tensor, epsilon: number): { mean: tf.Tensor; inverseDeviation: tf.Tensor };
}

/** A layer bound to the shape of its input; shapes are those of one example. */
export interface Layer {
  name: string;
  kind: LayerSpec["layer"];
  inputShape: number[];
  outputShape: number[];
  parameters: ParameterInfo[];
  buffers: Record<string, NamedArray>;
  /** Layers inside this one, in order of application. */
  inner: Layer[];
  /** Runs inside a `tf.tidy` of the caller. */
  apply(x: tf.Tensor, context: Context): tf.Tensor;
}

/** A layer's specification once it has a name. */
export type NamedSpec<Spec extends LayerSpec = LayerSpec> = Spec & { name: string };
