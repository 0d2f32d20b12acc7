import type { Estimate } from "@sgdscope/linear-algebra";
import type { GramSystem } from "@sgdscope/noise-structure";
import type { LossId } from "@sgdscope/noise-structure/losses";
import type { Sampling } from "@sgdscope/stability-criterion";
import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";

/** The losses whose Gram systems an analysis takes; `"custom"` is a convex loss of your own. */
export type LossName = LossId | "custom";

/** What a loss that is not square says of a point beside its Gram system. */
export interface LossAtPoint {
  /** What people call the loss, with its options. */
  label: string;
  /** L. */
  loss: number;
  /** `m = (1/n) Σ sᵢᵀSᵢ⁺sᵢ`, which takes the place of 2L in μ and β of (K̃, r̃). */
  naturalScale: number;
  /** `(1/n) Σ Tr Sᵢ`. */
  meanCurvature: number;
  /** `meanCurvature` over the most it can be, of losses whose curvature vanishes as examples are fitted. */
  curvatureLeft?: number;
  /** C of the model; the system may have fewer rows per example. */
  modelOutputs: number;
}

/** How exactly the numbers of a system were computed, whatever holds them now. */
export type Precision = "float64" | "float32" | "float16" | "bfloat16";

/** How a point was reached, where a training made it. */
export interface Reached {
  steps: number;
  /** Whether the training met its goal: only then is the point a minimum that the theory speaks of. */
  converged: boolean;
  optimizer: Optimizer;
  /** What people call the optimizer where the theory here has none for it, and `optimizer` stands in its place. */
  unjudged?: string;
  /** η, for the loss `(1/2n)Σ‖f − y‖²`. */
  learningRate: number;
  batchSize: number;
  /** How the training drew its batches. */
  sampling: Sampling;
  /** Whether a gradient-norm clip was active up to the end; undefined where nobody looked. */
  clipped?: boolean;
}

/** A point in parameter space as the theory sees it, whoever made it. */
export interface Minimum {
  /** What people call it. */
  name: string;
  /** K and r; K̃ and r̃ of a loss that is not square. */
  system: GramSystem;
  loss: LossName;
  /** Of a loss that is not square. */
  lossAtPoint?: LossAtPoint;
  /** `‖H − G‖_F/‖H‖_F`, where it is known. */
  hessianDistance?: Estimate;
  /** Whether the system is that of a preconditioned optimizer: everything is then measured in the coordinates `P^(1/2)θ`. */
  preconditioned?: boolean;
  precision: Precision;
  /** Eigenvalues below this share of the largest count as zero; default by the precision, see {@link rankToleranceOf}. */
  rankTolerance?: number;
  /** The TensorFlow.js backend that computed the system, where one did. */
  backend?: string;
  reached?: Reached;
  /** Whether a penalty stands beside the loss, of which K and r know nothing. */
  regularized?: boolean;
}

const rankTolerances = { float64: 1e-10, float32: 1e-6, bfloat16: 1e-2, float16: 2e-3 } as const satisfies Record<
  Precision,
  number
>;

/**
 * The share of the largest eigenvalue below which an eigenvalue of a Gram matrix is rounding: of the arithmetic that computed it.
 *
 * A Gram matrix computed in Float32 carries rounding eigenvalues of about 1e-7 of its largest.
 */
export const rankToleranceOf = ({ precision, rankTolerance }: Pick<Minimum, "precision" | "rankTolerance">): number =>
  rankTolerance ?? rankTolerances[precision];
