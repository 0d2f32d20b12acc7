import { multiply } from "@sgdscope/linear-algebra";
import { NoiseStructureError } from "../errors.js";
import { SMALLEST_LOSS } from "../noise-structure.js";
import { expectInteger, expectNonNegative, expectNumbers } from "../noise-strength/arguments.js";
import { expectSymmetric } from "./design.js";

/** The three kinds of minima with different noise. */
export type MinimumKind = "regularized" | "positive loss" | "zero loss";

/** A minimum of the square loss, possibly with weight decay. */
export interface Minimum {
  /** H₀ of the loss without weight decay, P × P, row-major. */
  hessian: Float64Array;
  /** L₀, the loss without weight decay. Below 1e-20 it counts as 0. */
  loss: number;
  /** B, drawn with replacement. */
  batchSize: number;
  /** `Γw*`, the gradient of the weight decay, length P: `∇L = −Γw*` at the minimum. Without, or 0: no weight decay. */
  weightDecayGradient?: Float64Array;
  /** `V = E[(w − w*)(w − w*)ᵀ]`, P × P: the fluctuation that carries the noise around a minimum of zero loss. Default 0. */
  fluctuation?: Float64Array;
}

/**
 * Which of three kinds of minima a point is, and the minibatch noise there:
 *
 * | kind | noise covariance |
 * | --- | --- |
 * | `regularized` | `(2L₀H₀ − Γw*w*ᵀΓ)/B` |
 * | `positive loss` | `2L₀H₀/B` |
 * | `zero loss` | `(Tr[H₀V]I − H₀V)H₀/B`, 0 at the minimum itself |
 *
 * Source: Ziyin, Liu, Mori & Ueda (2022), arXiv:2102.05375, Theorem 5 and Corollary 2, to leading order in the loss. It
 * rests on decoupling of residuals and Jacobians, which makes it exact where all squared residuals are equal; for Gaussian
 * inputs the rank-one terms have the opposite sign (`gaussianNoise`), an error of order 1/√P.
 *
 * @returns P × P, row-major. Cost `4P³` operations for zero loss, O(P²) otherwise.
 * @throws NoiseStructureError SHAPE_MISMATCH, NOT_FINITE, NOT_SYMMETRIC, INVALID_ARGUMENT, also for weight decay that pulls
 *   at a minimum of zero loss: there ∇L is 0.
 */
export function minimumNoise(minimum: Minimum): { kind: MinimumKind; covariance: Float64Array } {
  const caller = "minimumNoise";
  const { hessian, loss, batchSize, weightDecayGradient, fluctuation } = minimum;
  const size = Math.round(Math.sqrt(hessian.length));
  expectInteger(caller, "the size of hessian", size);
  expectSymmetric(caller, "hessian", hessian, size);
  expectNonNegative(caller, "loss", loss);
  expectInteger(caller, "batchSize", batchSize);
  if (weightDecayGradient) expectNumbers(caller, `weightDecayGradient [${size}]`, weightDecayGradient, size);
  if (fluctuation) expectSymmetric(caller, "fluctuation", fluctuation, size);
  const pull = weightDecayGradient?.some((value) => value !== 0) ? weightDecayGradient : undefined;

  if (loss >= SMALLEST_LOSS) {
    const covariance = hessian.map((value, o) => {
      const rankOne = pull ? pull[Math.floor(o / size)]! * pull[o % size]! : 0;
      return (2 * loss * value - rankOne) / batchSize;
    });
    return { kind: pull ? "regularized" : "positive loss", covariance };
  }
  if (pull)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: weightDecayGradient must be 0 where the loss is 0, because the gradient of the loss is 0 there.`,
    );
  const covariance = new Float64Array(size * size);
  if (fluctuation) {
    const product = multiply(hessian, fluctuation, size, size, size);
    let trace = 0;
    for (let a = 0; a < size; a++) trace += product[a * size + a]!;
    const image = multiply(product, hessian, size, size, size);
    for (let o = 0; o < covariance.length; o++) covariance[o] = (trace * hessian[o]! - image[o]!) / batchSize;
  }
  return { kind: "zero loss", covariance };
}
