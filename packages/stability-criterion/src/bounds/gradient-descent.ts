import type { PreparedMinimum } from "../minimum.js";
import type { Bound } from "./bound.js";

/**
 * The limit of gradient descent, `η ≤ 2/λ_max(H)`: necessary for every batch size, exact for the full batch.
 *
 * @see Wu, Ma & E (2018), NeurIPS; Mulayoff & Michaeli (2024), arXiv:2306.07850, Theorem 1 (stability in the mean).
 */
export function gradientDescentBound({ eigenvalues }: PreparedMinimum): Bound {
  const largest = eigenvalues[0]!;
  return {
    name: "gradient descent",
    criticalLearningRate: 2 / largest,
    kind: "necessary",
    assumptions: "Linearised model; stability of the mean, which every way of sampling needs.",
    curvature: { quantity: "λ_max(H)", value: largest, limitTimesLearningRate: 2 },
    source: "Wu, Ma & E (2018), NeurIPS; Mulayoff & Michaeli (2024), Theorem 1",
    evidence: "sourced",
  };
}
