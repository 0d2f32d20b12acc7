import { expectLength, expectPositive } from "../errors.js";
import type { LeastSquares } from "../least-squares.js";
import type { ClosedFormModel } from "../model.js";

export interface ScaledHingeOptions {
  /** α > 0: large for lazy training near the start, small for feature learning. */
  alpha: number;
  /** θ₀, from which predictions count: F(x) = f(x; θ) − f(x; θ₀). Copied. */
  start: Float64Array;
}

/** The hinge loss of a model on fixed data as functions of θ, as a trainer of plain vectors takes them. */
export interface ScaledHinge extends LeastSquares {
  /** F(x_i) = f(x_i; θ) − f(x_i; θ₀), length n. */
  predict(theta: Float64Array): Float64Array;
  /** ℓ′ of each example in F, length n: −y where αF·y < 1, else 0. */
  slopes(theta: Float64Array): Float64Array;
  /** Whether every αF·y ≥ 1: the loss is 0 and training is over. */
  fitted(theta: Float64Array): boolean;
}

/**
 * The hinge loss ℓ = max(0, 1 − αF·y)/α of F = f − f₀ for one output and labels ±1; L(θ) is its mean over the examples.
 *
 * ℓ has slope −y in F where αF·y < 1, so α sets how far F must move, 1/α, and not how strongly it is pulled.
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `WRONG_LENGTH`.
 * @see Sclocchi, Geiger and Wyart (2023), arXiv:2301.13703, as in the authors' code.
 */
export function scaledHinge(
  model: ClosedFormModel,
  X: Float64Array,
  labels: Float64Array,
  { alpha, start }: ScaledHingeOptions,
): ScaledHinge {
  expectPositive("scaledHinge: expected alpha", alpha);
  expectLength("scaledHinge: expected X", X, labels.length * model.inputs);
  const atStart = model.predict(start, X);
  expectLength("scaledHinge: expected labels", labels, atStart.length);
  const predict = (theta: Float64Array): Float64Array => model.predict(theta, X).map((f, i) => f - atStart[i]!);
  const slope = (F: number, i: number): number => (alpha * F * labels[i]! < 1 ? -labels[i]! : 0);
  const row = new Float64Array(labels.length);
  return {
    size: labels.length,
    predict,
    slopes: (theta) => predict(theta).map(slope),
    gradient(theta, batch, out) {
      for (let k = 0; k < batch.length; k++) {
        const i = batch[k]!;
        const x = X.subarray(i * model.inputs, (i + 1) * model.inputs);
        row[i] = slope(model.predict(theta, x)[0]! - atStart[i]!, i);
      }
      model.pullBack(theta, X, row, batch, out);
    },
    loss(theta) {
      const F = predict(theta);
      return F.reduce((sum, f, i) => sum + Math.max(0, 1 - alpha * f * labels[i]!) / alpha, 0) / labels.length;
    },
    fitted: (theta) => predict(theta).every((f, i) => alpha * f * labels[i]! >= 1),
  };
}
