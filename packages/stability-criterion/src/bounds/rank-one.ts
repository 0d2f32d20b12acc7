import type { PreparedMinimum } from "../minimum.js";
import type { SamplingWeights } from "../sampling.js";
import { fourthMoment } from "../threshold/exact.js";
import { defineBound, whereCentred } from "./bound.js";
import { ascend, normalized, valueOfImage } from "./sphere-ascent.js";

/**
 * The exact criterion tested at the top eigenvector v: `η ≤ 2λ_max/[λ_max² + (p/n)Σ(vᵀHᵢv − λ_max)²]`. For Bernoulli
 * batches `λ_max² + (p/n)Σ(vᵀHᵢv)²` (derived here).
 *
 * @see Mulayoff & Michaeli (2024), arXiv:2306.07850, Proposition 3, equation (15).
 */
export const topEigenvectorBound = defineBound(
  {
    id: "top-eigenvector",
    label: "top eigenvector",
    kind: "necessary",
    assumptions: "Linearised model at a global minimum; stability tested along the top eigenvector of H.",
    source: "Mulayoff & Michaeli (2024), arXiv:2306.07850, equation (15)",
    evidence: whereCentred("sourced"),
    diagram: true,
  },
  (minimum, { fullBatch, noise }) => {
    const largest = minimum.eigenvalues[0]!;
    return {
      criticalLearningRate: (2 * largest) / (fullBatch * largest ** 2 + noise * fourthMoment(minimum, 0)),
    };
  },
);

/** Steps after which the best of the starts alone goes on. */
const FIRST_STEPS = 20;
const MOST_STEPS = 500;

/**
 * The best bound from a single direction: `2/η ≥ max over unit v of vᵀHv + p·Varᵢ(vᵀHᵢv)/vᵀHv`.
 *
 * Maximised by ascent on the sphere, from the top eigenvector and the directions of the three examples of largest value; the best
 * of the four after 20 steps goes on. Every v gives a valid bound, so a local maximum only makes it looser.
 *
 * @returns Cost `4·rank·nC` operations per step, at most 580 steps; some 80 are usual.
 * @see Mulayoff & Michaeli (2024), arXiv:2306.07850, equation (24).
 */
export const rankOneBound = defineBound(
  {
    id: "rank-one",
    label: "rank one",
    kind: "necessary",
    assumptions:
      "Linearised model at a global minimum; stability tested along single directions, the best that ascent finds.",
    source: "Mulayoff & Michaeli (2024), arXiv:2306.07850, equation (24)",
    evidence: whereCentred("sourced"),
    diagram: true,
  },
  (minimum, weights) => {
    const { rank, features } = minimum;
    const top = new Float64Array(rank);
    top[0] = 1;
    const rows = bestRows(minimum, weights, 3).map((a) => normalized(features.subarray(a * rank, (a + 1) * rank)));
    const tried = [top, ...rows].map((start) => ascend(minimum, weights, start, FIRST_STEPS));
    const best = tried.reduce((one, other) => (other.value > one.value ? other : one));
    return { criticalLearningRate: 2 / ascend(minimum, weights, best.vector, MOST_STEPS).value };
  },
);

/** The rows of X that make the best starts. The image of a row is a row of the Gram matrix, so each costs O(nC) only. */
function bestRows(minimum: PreparedMinimum, weights: SamplingWeights, count: number): number[] {
  const { system, examples, outputs } = minimum;
  const size = examples * outputs;
  return Array.from({ length: size }, (_, a) => a)
    .filter((a) => system.gram[a * size + a]! > 0)
    .map((a) => {
      const length = Math.sqrt(system.gram[a * size + a]!);
      const image = system.gram.slice(a * size, (a + 1) * size).map((value) => value / length);
      return { a, value: valueOfImage(minimum, weights, image).value };
    })
    .sort((one, other) => other.value - one.value)
    .slice(0, count)
    .map(({ a }) => a);
}
