import { expectInteger } from "./errors.js";

/**
 * What the mean squared error of PyTorch's `MSELoss` and Keras' "mse", `(1/nC) Σ‖f − y‖²`, is in units of the loss here,
 * `(1/2n) Σ‖f − y‖²`: the factor 2/C.
 *
 * A learning rate there times the factor is the learning rate here that walks the same path; a Hessian here times the
 * factor is the Hessian there. With two outputs the two losses are the same. Elementary.
 *
 * @param outputs - C.
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function meanSquaredErrorFactor(outputs: number): number {
  expectInteger("meanSquaredErrorFactor", "outputs", outputs, 1);
  return 2 / outputs;
}
