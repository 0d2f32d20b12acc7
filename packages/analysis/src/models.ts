import { gramSystem, type Gram, type GramModel, type GramOptions } from "@sgdscope/autodiff";
import type { GramSystem } from "@sgdscope/noise-structure";
import { generalisedGramSystem, type OutputLoss } from "@sgdscope/noise-structure/losses";
import * as tf from "@tensorflow/tfjs-core";
import { AnalysisError } from "./errors.js";
import type { Minimum, Reached } from "./minimum.js";
import { expectCurvature, lossOfMinimum } from "./sources/loss-arrays.js";
import { expectLogits } from "./sources/logits.js";

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
  /** A loss of `@sgdscope/noise-structure/losses` in the place of the square one. */
  loss?: OutputLoss;
}

/**
 * The minimum at which a model stands, on the prepared TensorFlow.js backend.
 *
 * @param model - `{ apply, inputShape }`, such as those of `@sgdscope/models-cnn` or `functionOfLayersModel` of
 *   `@sgdscope/autodiff` for a saved LayersModel.
 * @param params - The point; not disposed.
 * @returns Its `system` also carries the predictions `[n, C]`, and with `perParameter` the part of each parameter; with `loss` it is
 *   (K̃, r̃), of which every part is the same function. Cost as `gramSystem`.
 * @throws AnalysisError TOO_LARGE; INVALID_ARGUMENT for outputs after a softmax where the loss wants those before; AutodiffError as
 *   `gramSystem`; NoiseStructureError of the loss, which names the example.
 */
export async function minimumOfModel(
  name: string,
  model: GramModel,
  params: Record<string, tf.Tensor>,
  data: ModelData,
  { largest = largestGram, reached, loss, ...options }: ModelMinimumOptions = {},
): Promise<Minimum & { system: Gram & GramSystem }> {
  const size = data.size * data.outputs;
  if (size > largest)
    throw new AnalysisError(
      "TOO_LARGE",
      "examples",
      `expected examples × outputs of at most ${largest}, got ${size}`,
      "take fewer examples",
    );
  const system = await gramSystem(model, params, data.inputs, data.targets, options);
  return {
    name,
    ...(loss === undefined ? { system, loss: "square" } : withLoss(system, data.targets, loss)),
    precision: "float32",
    backend: tf.getBackend(),
    ...(reached === undefined ? {} : { reached }),
  };
}

/** K̃ and r̃ in the place of K and r, whole and by parameter. */
function withLoss(
  { gram, predictions, parameters, ...shape }: Gram,
  targets: Float32Array,
  loss: OutputLoss,
): Pick<Minimum, "loss" | "lossAtPoint"> & { system: Gram & GramSystem } {
  expectLogits(loss, predictions, shape);
  const of = (matrix: Float64Array) =>
    generalisedGramSystem({ gram: matrix }, { outputs: predictions, targets, loss }, shape);
  const whole = of(gram);
  expectCurvature(loss, whole);
  const { examples, outputs, residuals } = whole;
  const parts =
    parameters === undefined
      ? {}
      : { parameters: Object.fromEntries(Object.entries(parameters).map(([name, part]) => [name, of(part).gram])) };
  return {
    ...lossOfMinimum(loss, whole),
    system: { examples, outputs, gram: whole.gram, residuals, predictions, ...parts },
  };
}
