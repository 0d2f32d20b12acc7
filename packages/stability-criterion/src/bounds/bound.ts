import type { PreparedMinimum } from "../minimum.js";
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
export interface Bound<Id extends string = string> {
  /** The key of the formula, such as `"rank-one"`; see `boundDefinitions`. */
  id: Id;
  /** Its name for people, such as "rank one". */
  label: string;
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

/** All that is known of a formula before it is given numbers. */
export interface BoundDefinition<Id extends string = string> {
  id: Id;
  label: string;
  kind: BoundKind;
  assumptions: string;
  source: string;
  /** May depend on the case: a paper proves its formula for some batch sizes and ways of sampling only. */
  evidence: Evidence | ((minimum: PreparedMinimum, weights: SamplingWeights) => Evidence);
  /** Drawn in phase diagrams, which show one formula per kind of argument. Default false. */
  diagram?: boolean;
}

type BoundValue = Pick<Bound, "criticalLearningRate" | "curvature">;

type Formula = (minimum: PreparedMinimum, weights: SamplingWeights) => BoundValue | undefined;

/** A formula: called with a minimum and sampling weights it gives its bound; undefined where it does not apply. */
export type BoundFunction<Id extends string, F extends Formula> = BoundDefinition<Id> &
  ((...given: Parameters<F>) => Bound<Id> | (undefined extends ReturnType<F> ? undefined : never));

/** @internal Joins what is known of a formula with its computation; the registry lists the result. */
export function defineBound<const Id extends string, F extends Formula>(
  definition: BoundDefinition<Id>,
  valueOf: F,
): BoundFunction<Id, F> {
  const { id, label, kind, assumptions, source, evidence } = definition;
  const compute = (minimum: PreparedMinimum, weights: SamplingWeights): Bound<Id> | undefined => {
    const value = valueOf(minimum, weights);
    if (value === undefined) return undefined;
    const known = typeof evidence === "function" ? evidence(minimum, weights) : evidence;
    return { id, label, ...value, kind, assumptions, source, evidence: known };
  };
  return Object.assign(compute, definition) as unknown as BoundFunction<Id, F>;
}

/** @internal The value of a bound that limits a curvature, `quantity ≤ limit/η`. */
export const limitOf = (quantity: string, value: number, limit: number): Required<BoundValue> => ({
  criticalLearningRate: limit / value,
  curvature: { quantity, value, limitTimesLearningRate: limit },
});

/** @internal Papers treat centred noise; the same formula for Bernoulli batches, which is not centred, is derived here. */
export const whereCentred =
  (evidence: Evidence) =>
  (_: PreparedMinimum, { sampling }: SamplingWeights): Evidence =>
    sampling === "bernoulli" ? "derived here" : evidence;
