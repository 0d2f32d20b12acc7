import { expectLength } from "./errors.js";
import type { ClosedFormModel } from "./model.js";

/** A loss over n examples as functions of θ, as a trainer of plain vectors takes it. */
export interface LeastSquares {
  /** Number of examples n. */
  size: number;
  /** Adds Σ_{i∈batch} ∇½‖rᵢ‖² to `out`. */
  gradient: (theta: Float64Array, batch: ArrayLike<number>, out: Float64Array) => void;
  /** L(θ) = (1/2n) Σ ‖rᵢ‖². */
  loss: (theta: Float64Array) => number;
}

/** The square loss of a model on fixed data. Throws ModelsRfmError `WRONG_LENGTH`. */
export function leastSquares(model: ClosedFormModel, X: Float64Array, y: Float64Array): LeastSquares {
  const size = y.length / model.outputs;
  expectLength("leastSquares: expected X", X, size * model.inputs);
  return {
    size,
    gradient: (theta, batch, out) => model.gradient(theta, X, y, batch, out),
    loss(theta) {
      let sum = 0;
      for (const r of model.residuals(theta, X, y)) sum += r * r;
      return sum / (2 * size);
    },
  };
}
