import { gramSystem, type Gram, type GramModel, type GramOptions } from "@sgdscope/autodiff";
import type { GramSystem } from "@sgdscope/noise-structure";
import * as tf from "@tensorflow/tfjs-core";
import { AnalysisError } from "./errors.js";
import type { Minimum, Reached } from "./minimum.js";

/** The largest nC for which the exact route through the nC × nC Gram matrix is taken unless asked otherwise. */
export const largestGram = 3000;

/** Inputs `[size, …inputShape]` and targets `[size, outputs]`, row-major. */
export interface ModelData {
  size: number;
  outputs: number;
  inputs: Float32Array;
  targets: Float32Array;
}

export interface ModelMinimumOptions extends GramOptions {
  /** Default {@link largestGram}. */
  largest?: number;
  /** How the parameters were found. */
  reached?: Reached;
}

/**
 * The minimum at which a model stands, on the prepared TensorFlow.js backend.
 *
 * @param model - `{ apply, inputShape }`, such as those of `@sgdscope/models-cnn` or `functionOfLayersModel` of
 *   `@sgdscope/autodiff` for a saved LayersModel.
 * @param params - The point; not disposed.
 * @returns Its `system` also carries the predictions, and with `perParameter` the part of each parameter. Cost as `gramSystem`.
 * @throws AnalysisError TOO_LARGE; AutodiffError as `gramSystem`.
 */
export async function minimumOfModel(
  name: string,
  model: GramModel,
  params: Record<string, tf.Tensor>,
  data: ModelData,
  { largest = largestGram, reached, ...options }: ModelMinimumOptions = {},
): Promise<Minimum & { system: Gram & GramSystem }> {
  const size = data.size * data.outputs;
  if (size > largest)
    throw new AnalysisError(
      "TOO_LARGE",
      "examples",
      `expected examples × outputs of at most ${largest}, got ${size}`,
      "take fewer examples",
    );
  return {
    name,
    system: await gramSystem(model, params, data.inputs, data.targets, options),
    loss: "square",
    precision: "float32",
    backend: tf.getBackend(),
    ...(reached === undefined ? {} : { reached }),
  };
}
