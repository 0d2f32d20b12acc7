import type { Estimate } from "@sgdscope/linear-algebra";
import type { AlignmentRange, NoiseStructure } from "@sgdscope/noise-structure";
import type { Bound, BoundId, ExactThreshold, Sampling, SpectralRadius } from "@sgdscope/stability-criterion";
import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import type { Mark } from "./marks.js";
import type { LossAtPoint, LossName, Precision, Reached } from "./minimum.js";

/** Everything the theory says of a minimum, each number computed once. */
export interface MinimumAnalysis {
  minimum: {
    name: string;
    examples: number;
    outputs: number;
    /** Dimension of the range of H under the rank tolerance. */
    rank: number;
    rankTolerance: number;
    loss: LossName;
    precision: Precision;
    /** Measured in the coordinates `P^(1/2)θ` of a preconditioned optimizer. */
    preconditioned?: boolean;
    backend?: string;
    reached?: Reached;
    /** `‖H − G‖_F/‖H‖_F`, where it is known. */
    hessianDistance?: Estimate;
  };
  /** Curvature and noise at the residuals of the minimum; `eigenvalues` holds the ten largest of G. */
  noise: NoiseStructure;
  /** Of a loss that is not square: `noise.loss` is then m/2 and not L, and `noise.alignmentFactor` has m for 2L. */
  outputLoss: OutputLossAnalysis | undefined;
  /** The range of μ and μ₁ over realizable residuals; undefined where a verdict alone was asked for. */
  alignmentRange: AlignmentRange | undefined;
  /** One per batch size, in the order asked for. */
  conditions: readonly ConditionAnalysis[];
}

/** A loss that is not square, and μ on both of its scales. */
export interface OutputLossAnalysis extends LossAtPoint {
  /** `μ = Tr(ΣG)/(m‖G‖_F²)`, that of `noise`. */
  alignmentFactor: number | undefined;
  /** `Tr(ΣG)/(2L‖G‖_F²)`; undefined also where L is not above 1e-20, as that of Poisson may be. */
  alignmentFactorOfLoss: number | undefined;
}

/** What the theory says for one batch size and way of sampling. */
export interface ConditionAnalysis {
  batchSize: number;
  /** The sampling that was judged. */
  sampling: Sampling;
  /** p. */
  samplingFactor: number;
  /** μ at the residuals; μ₁ for Bernoulli batches. Undefined where the loss is below 1e-20. */
  alignmentFactor: number | undefined;
  /** The least of it over realizable residuals, μ₀; undefined where a verdict alone was asked for. */
  worstCaseAlignmentFactor: number | undefined;
  /** What was judged: how parameters step. */
  optimizer: Optimizer;
  /** η* of this optimizer, and how it was found. */
  threshold: Omit<ExactThreshold, "mode">;
  /** The edge of full-batch training with this optimizer, 2/λ_max for plain SGD. */
  meanEdge: number;
  /** What η* would be under decoupled noise 2LG, a heuristic; undefined of Bernoulli batches, whose noise is not centred. */
  decoupledCriticalLearningRate: number | undefined;
  /** Of plain SGD: its exact threshold first, then every bound that applies; none where a verdict alone was asked for. */
  bounds: readonly Bound<BoundId>[];
  /** Undefined where no learning rate was judged. */
  verdict: Verdict | undefined;
  /** Where this stands outside the hypotheses of the theorem. */
  marks: readonly Mark[];
}

/** The judgement of one learning rate. */
export interface Verdict {
  /** `marginal` when η and η* agree within 1e-9. */
  verdict: "stable" | "unstable" | "marginal";
  learningRate: number;
  /** η/η*. */
  edgeRatio: number;
  /** ρ(Q), the factor of second moments per step in the long run, with plain SGD of the expected loss; and how it was found. */
  growth: Omit<SpectralRadius, "mode">;
  /** γ with `E L_t ≥ γᵗL₀` from the alignment theorem; says something above 1. Undefined where a verdict alone was asked for, and of other optimizers than plain SGD. */
  escapeRateLowerBound: number | undefined;
  /** `1/(η√(pμ))` at the measured μ, with replacement `√(B/μ)/η`; undefined where μ is, and of other optimizers than plain SGD. Infinity without noise. */
  frobeniusLimit: number | undefined;
  /** What each row of `bounds` says of plain SGD at this learning rate, in the same order. */
  bounds: readonly BoundJudgement[];
}

/** One criterion's judgement of a learning rate. */
export interface BoundJudgement {
  id: BoundId;
  /** η over the criterion's critical learning rate; at most 1 where it is kept. */
  ratio: number;
  satisfied: boolean;
  /** The limit of the criterion's own curvature at this learning rate, where it limits one. */
  limit?: number;
}
