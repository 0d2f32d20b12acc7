import { defineBound, limitOf } from "./bound.js";

/**
 * The limit of gradient descent, `η ≤ 2/λ_max(H)`: necessary for every batch size, exact for the full batch.
 *
 * @see Wu, Ma & E (2018), NeurIPS; Mulayoff & Michaeli (2024), arXiv:2306.07850, Theorem 1 (stability in the mean).
 */
export const gradientDescentBound = defineBound(
  {
    id: "gradient-descent",
    label: "gradient descent",
    kind: "necessary",
    assumptions: "Linearised model; stability of the mean, which every way of sampling needs.",
    source: "Wu, Ma & E (2018), NeurIPS; Mulayoff & Michaeli (2024), Theorem 1",
    evidence: "sourced",
    diagram: true,
  },
  ({ eigenvalues }) => limitOf("λ_max(H)", eigenvalues[0]!, 2),
);
