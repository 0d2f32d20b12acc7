import * as tf from "@tensorflow/tfjs-core";
import { AutodiffError } from "../errors.js";
import type { GramModel, GramOptions } from "./gram.js";
import type { Inputs } from "./slices.js";
import { summedSquaredNorms } from "./summed-norms.js";

/** As those of `gram`; `chunkBytes` bounds what is in use on the device at a time, roughly. */
export type ExampleNormOptions = Pick<GramOptions, "chunkBytes" | "fallback" | "check">;

/**
 * The norms ‖gᵢ‖ of the gradients gᵢ = Jᵢᵀrᵢ of all examples, rᵢ = f(xᵢ) − yᵢ: gᵢ is the gradient of ½‖f(xᵢ) − yᵢ‖²,
 * without the 1/n of the mean loss L, whose gradient is (1/n) Σ gᵢ.
 *
 * A dense layer contributes ‖aᵢ‖²‖dᵢ‖² from its inputs and signals, and no gradient is formed (Goodfellow, arXiv:1510.01799,
 * section 4); several positions that share a weight contribute Σₛₜ (aᵢₛ·aᵢₜ)(dᵢₛ·dᵢₜ) or one formed row, whichever is cheaper by
 * count (derived here). Float32 within a parameter, Float64 over parameters; relative error about 1e-6.
 *
 * Cost: one forward and one backward pass over all examples, 2 · positions · entries operations per example for each filter, and
 * a pass over two examples to learn what memory they take. The loop takes one more forward pass.
 *
 * @param model - Only `apply` (and `inputShape`, for inputs in an array) is used; see {@link perExampleGradients}.
 * @param params - The point.
 * @param inputs - All n inputs.
 * @param targets - y [n, C] as a tensor, or row-major in an array.
 * @returns [n].
 * @throws AutodiffError as {@link perExampleGradients}; `INVALID_ARGUMENT` if the number of targets is not nC;
 * `PER_EXAMPLE_CHECK_FAILED` with `check`.
 */
export async function exampleGradientNorms(
  model: GramModel,
  params: tf.NamedTensorMap,
  inputs: Inputs,
  targets: tf.Tensor | ArrayLike<number>,
  options: ExampleNormOptions = {},
): Promise<Float64Array> {
  const caller = "exampleGradientNorms";
  const y = targets instanceof tf.Tensor ? await targets.data<"float32">() : Float32Array.from(targets);
  const squares = await summedSquaredNorms(model, params, inputs, options, caller, (f, { start, examples }) => {
    const [length, outputs] = f.shape;
    if (y.length !== examples * outputs) {
      throw new AutodiffError(
        "INVALID_ARGUMENT",
        `${caller}: expected targets [${examples}, ${outputs}] of length ${examples * outputs}, got length ${y.length}`,
      );
    }
    return [tf.sub(f, tf.tensor2d(y.slice(start * outputs, (start + length) * outputs), f.shape))];
  });
  return squares.map(Math.sqrt);
}
