/** The losses that come with this package. */
export type LossId = "square" | "cross-entropy" | "logistic" | "huber" | "pseudo-huber" | "poisson";

/** The least that a loss can be over all outputs, of one example. */
export interface LeastLoss {
  /** `inf_f ℓ(f, y)`. */
  value: number;
  /** Outputs f that reach it, length C; undefined where the outputs only tend there, as to a label under cross-entropy. */
  outputs: Float64Array | undefined;
}

/** A convex loss on the outputs of one example, and its derivatives with respect to them, at one point. */
export interface LossAt {
  /** `ℓ(f, y)`. */
  value: number;
  /** `s = ∇_f ℓ`, length C. */
  gradient: Float64Array;
  /** `S = ∇²_f ℓ`, C × C, positive semidefinite. */
  curvature: Float64Array;
  /** R with `RᵀR = S`, rows × C. */
  factor: Float64Array;
  /** `r̃` with `Rᵀr̃ = s`, length rows; `‖r̃‖² = sᵀS⁺s`. For canonical losses these are Pearson's residuals. */
  residual: Float64Array;
}

/** A convex loss on the outputs of an example: pure functions in Float64. */
export interface OutputLoss {
  /** One of {@link LossId}, or a name of your own. */
  id: string;
  /** What people call it, with its normalisation. */
  label: string;
  /** Where it is from. */
  source: string;
  /** Rows of R for C outputs: C, or less where S always has a kernel. */
  rows: (outputs: number) => number;
  /** The supremum of Tr S for C outputs, of losses whose curvature vanishes as an example is fitted. */
  largestCurvature?: (outputs: number) => number;
  /**
   * `ℓ(f, y)` alone: also where its curvature is out of reach. NaN where an output is.
   *
   * @throws NoiseStructureError INVALID_ARGUMENT as `at`.
   */
  value: (outputs: ArrayLike<number>, targets: ArrayLike<number>, example?: number) => number;
  /**
   * The least ℓ that the targets y of one example allow; of losses of one's own where they say it.
   *
   * @throws NoiseStructureError INVALID_ARGUMENT as `at`.
   */
  least?: (targets: ArrayLike<number>, example?: number) => LeastLoss;
  /**
   * The loss at the outputs f of one example, whose targets are y.
   *
   * @param outputs - f, length C.
   * @param targets - y, length C.
   * @param example - Which example it is, for messages.
   * @throws NoiseStructureError INVALID_ARGUMENT for targets out of the domain of the loss; GRADIENT_OUT_OF_RANGE where S is
   *   singular and s not in its range; NOT_FINITE where a derivative is beyond Float64.
   */
  at: (outputs: ArrayLike<number>, targets: ArrayLike<number>, example?: number) => LossAt;
}
