import type { Estimate } from "@sgdscope/linear-algebra";
import type { MinimumSummary } from "@sgdscope/analysis";
import type { StopReason } from "@sgdscope/sgd";

export type { Estimate };

/** The structure of the noise at one moment of a training. */
export interface AlignmentRecord {
  step: number;
  /** L = (1/2n) Σ‖f − y‖², or the mean of another loss: then m stands for 2L below. */
  loss: number;
  /** μ = Tr(ΣG)/(2L‖G‖_F²); undefined where L < 1e-20. */
  alignmentFactor: number | undefined;
  /** ‖G‖_F. */
  frobeniusG: number;
  /** μ₁, with the uncentred Σ₁. */
  uncentredAlignmentFactor: number | undefined;
  /** α = Tr(ΣG)/(‖Σ‖_F‖G‖_F). */
  directionAlignment: number | undefined;
  /** ‖Σ‖_F/(2L‖G‖_F). */
  noiseMagnitude: number | undefined;
  /** ‖Σ₁ − 2LG‖_F/‖2LG‖_F. */
  decouplingError: number | undefined;
  /** Tr G. */
  traceG: number;
  /** 𝒩 = Tr Σ. */
  noiseStrength: number;
}

/** What is known of the function that a closed-form model learned. */
export interface LearnedFunction {
  /** L on fresh examples; undefined where the task asks for none. */
  testLoss: number | undefined;
  /** Σ|a_j|‖w_j‖ of a two-layer ReLU network. */
  pathNorm: number | undefined;
  /** Tr G in the population, of a two-layer ReLU network on the sphere or a diagonal network. */
  populationTrace: number | undefined;
  /** Σ(a² + b²)/(2Σ|ab|) of a diagonal network. */
  balance: number | undefined;
}

/** One trained setting (η, B) and what was measured where it stopped. All of it is plain JSON. */
export interface MinimumRecord {
  model: string;
  data: string;
  parameters: number;
  examples: number;
  outputs: number;
  learningRate: number;
  batchSize: number;
  sampling: string;
  seed: number;
  /** Full-batch gradient descent: B = n without replacement. */
  gradientDescent: boolean;
  reason: StopReason;
  steps: number;
  seconds: number;
  /** TensorFlow.js backend. */
  backend: string;
  loss: number;
  /** The loss over the least that its targets allow, where that is not 0: of smoothed labels over their entropy. */
  excessLoss?: number;
  /** Whether the loss, of smoothed labels the excess, fell below the task's `lossBelow`: only then is this a minimum that the theory speaks of. */
  interpolates: boolean;
  /** η/η* of the Gauss–Newton model at the start, where the task asks for it: below 1 nothing drives SGD away. */
  startEdgeRatio: number | undefined;
  /** Undefined if the training diverged, or the task does not ask for it. */
  minimum: MinimumMeasurement | undefined;
  /** Of Adam, RMSprop and IRE, which `minimum` judges as plain SGD: as they are with their second moment or mask frozen where they stopped. */
  preconditioned?: FrozenMeasurement;
  alignment: AlignmentRecord[];
  /** Of closed-form models; undefined of networks on images, and after divergence. */
  learned: LearnedFunction | undefined;
}

/** The verdict on an optimizer with its preconditioner as it stands, in the coordinates in which it steps plainly. */
export type FrozenMeasurement = Pick<
  MinimumSummary,
  "optimizer" | "criticalLearningRate" | "edgeRatio" | "verdict" | "marks"
>;

/** The measurement at the final parameters; exact from the Gram matrix but for `frobeniusH`. */
export interface MinimumMeasurement extends MinimumSummary {
  /** ‖H‖_F by deflated probing of Hessian-vector products; undefined where none were asked for. */
  frobeniusH: Estimate | undefined;
}
