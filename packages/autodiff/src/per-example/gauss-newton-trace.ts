import * as tf from "@tensorflow/tfjs-core";
import type { GramModel } from "./gram.js";
import { indicator } from "./indicator.js";
import type { ExampleNormOptions } from "./norms.js";
import type { Inputs } from "./slices.js";
import { summedSquaredNorms } from "./summed-norms.js";

/**
 * Tr G = (1/n) Σᵢ ‖Jᵢ‖_F² of the Gauss–Newton matrix G = (1/n) Σᵢ JᵢᵀJᵢ of the square loss L = (1/2n) Σᵢ ‖f(xᵢ) − yᵢ‖²: exact up
 * to rounding, without probes and without K.
 *
 * It is also Tr H where the outputs are piecewise linear in each parameter with the others fixed, see
 * {@link piecewiseLinearInParameters}: then the diagonal of H is that of G.
 *
 * Cost: one forward and C backward passes over all examples; see {@link exampleGradientNorms}. Float32 within a parameter, Float64 over
 * parameters and examples; relative error about 1e-6.
 *
 * @param model - Only `apply` (and `inputShape`, for inputs in an array) is used; see {@link perExampleGradients}.
 * @param params - The point.
 * @param inputs - All n inputs.
 * @throws AutodiffError as {@link exampleGradientNorms}.
 */
export async function gaussNewtonTrace(
  model: GramModel,
  params: tf.NamedTensorMap,
  inputs: Inputs,
  options: ExampleNormOptions = {},
): Promise<number> {
  const squares = await summedSquaredNorms(model, params, inputs, options, "gaussNewtonTrace", ({ shape }) => {
    const [examples, outputs] = shape;
    return Array.from({ length: outputs }, (_, c) =>
      tf.tile(tf.reshape<tf.Rank.R2>(indicator(outputs, c), [1, outputs]), [examples, 1]),
    );
  });
  return squares.reduce((sum, square) => sum + square, 0) / squares.length;
}
