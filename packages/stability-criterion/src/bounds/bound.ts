import type { SamplingWeights } from "../sampling.js";

/** How far a formula can be trusted. */
export type Evidence =
  /** Read in the paper, its poster, code or lecture notes that restate it. */
  | "sourced"
  /** Derived here and checked numerically; not peer-reviewed in this form. */
  | "derived here"
  /** Recalled from the paper without confirmation. */
  | "recalled";

/**
 * What a bound says about the exact threshold η*: `necessary` bounds lie at or above it, `sufficient` ones at or below it,
 * `idealised` ones replace the true noise by a model or a measured value and may lie on either side.
 */
export type BoundKind = "necessary" | "sufficient" | "exact" | "idealised";

/** A critical learning rate from one formula. */
export interface Bound {
  name: BoundName;
  /** Infinity where the formula sets no limit. */
  criticalLearningRate: number;
  kind: BoundKind;
  /** What the formula takes for granted, in a sentence. */
  assumptions: string;
  /** The curvature that the formula limits, and the limit times η: `value ≤ limit/η` is the bound in its native form. */
  curvature?: { quantity: string; value: number; limitTimesLearningRate: number };
  source: string;
  evidence: Evidence;
}

/** Names of all bounds, in the order in which they are reported. */
export type BoundName =
  | "exact mean-square threshold"
  | "gradient descent"
  | "alignment, worst case"
  | "alignment, measured"
  | "trace"
  | "trace, Jensen"
  | "trace, simple"
  | "chi"
  | "chi, Jensen"
  | "Frobenius, unconditional"
  | "alignment, uncentred"
  | "top eigenvector"
  | "rank one"
  | "Wu–Ma–E"
  | "coherence"
  | "coherence, best case"
  | "structured noise, decoupled with gradient"
  | "structured noise, decoupled"
  | "structured noise, Gaussian inputs";

/** @internal Papers treat centred noise; the same formula for Bernoulli batches, which is not centred, is derived here. */
export const evidenceFor = ({ sampling }: SamplingWeights, evidence: Evidence): Evidence =>
  sampling === "bernoulli" ? "derived here" : evidence;
