import type { PreparedMinimum } from "../minimum.js";
import type { SamplingWeights } from "../sampling.js";
import type { ExactThreshold } from "../threshold/exact.js";
import { whereCentred, type Bound, type BoundDefinition } from "./bound.js";

/** The exact threshold as a row beside the bounds. */
export const exactBound = {
  id: "exact",
  label: "exact mean-square threshold",
  kind: "exact",
  assumptions: "Linearised model at a global minimum, stable in mean square; batches independent of each other.",
  source: "Mulayoff & Michaeli (2024), arXiv:2306.07850, Theorem 3",
  evidence: whereCentred("sourced"),
  diagram: true,
} as const satisfies BoundDefinition<"exact">;

/** @internal The row of a threshold that was computed. */
export function exactRow(
  minimum: PreparedMinimum,
  weights: SamplingWeights,
  { criticalLearningRate }: ExactThreshold,
): Bound<"exact"> {
  const { id, label, kind, assumptions, source, evidence } = exactBound;
  return { id, label, criticalLearningRate, kind, assumptions, source, evidence: evidence(minimum, weights) };
}
