import { multiplyVector, norm } from "@sgdscope/linear-algebra";
import type { PreparedMinimum } from "../minimum.js";
import type { SamplingWeights } from "../sampling.js";
import { fourthMoment } from "../threshold/exact.js";
import { defineBound, whereCentred } from "./bound.js";

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

/**
 * The best bound from a single direction: `2/η ≥ max over unit v of vᵀHv + p·Varᵢ(vᵀHᵢv)/vᵀHv`.
 *
 * Maximised by gradient ascent on the sphere with step control, from the top eigenvector and the directions of the three
 * examples of largest value. Every v gives a valid bound, so a local maximum only makes it looser.
 *
 * @returns Cost `4·rank·nC` operations per step, at most 4 × 500 steps.
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
    let best = 0;
    for (const start of [top, ...rows]) best = Math.max(best, ascend(minimum, weights, start));
    return { criticalLearningRate: 2 / best };
  },
);

/** `vᵀHᵢv` for all i, their mean and mean square, and the value of the bound, from the image `Xv` of a unit vector. */
function valueOfImage({ examples: n, outputs }: PreparedMinimum, weights: SamplingWeights, image: Float64Array) {
  const q = new Float64Array(n);
  let curvature = 0;
  let second = 0;
  for (let i = 0; i < n; i++) {
    for (let a = i * outputs; a < (i + 1) * outputs; a++) q[i]! += image[a]! ** 2;
    curvature += q[i]! / n;
    second += q[i]! ** 2 / n;
  }
  const value = curvature > 0 ? weights.fullBatch * curvature + (weights.noise * second) / curvature : 0;
  return { q, curvature, second, value };
}

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

/** The value at a unit vector of the eigenbasis, and its Euclidean gradient. */
function rankOneValue(minimum: PreparedMinimum, weights: SamplingWeights, v: Float64Array) {
  const { examples: n, outputs, rank, features, transposedFeatures } = minimum;
  const size = n * outputs;
  const image = multiplyVector(features, v, size, rank);
  const { q, curvature, second, value } = valueOfImage(minimum, weights, image);
  const gradient = (): Float64Array => {
    const constant = weights.fullBatch - (weights.noise * second) / curvature ** 2;
    for (let a = 0; a < size; a++)
      image[a]! *= (2 / n) * (constant + (2 * weights.noise * q[Math.floor(a / outputs)]!) / curvature);
    return multiplyVector(transposedFeatures, image, rank, size);
  };
  return { value, gradient };
}

function ascend(minimum: PreparedMinimum, weights: SamplingWeights, start: Float64Array): number {
  let v = start;
  let { value, gradient } = rankOneValue(minimum, weights, v);
  let step = 1 / value;
  let quiet = 0;
  for (let iteration = 0; iteration < 500 && quiet < 5; iteration++) {
    const slope = gradient();
    let accepted = false;
    while (step > 1e-12 / value) {
      const trial = normalized(v.map((x, a) => x + step * slope[a]!));
      const next = rankOneValue(minimum, weights, trial);
      if (next.value > value) {
        quiet = next.value - value < 1e-12 * value ? quiet + 1 : 0;
        ({ value, gradient } = next);
        v = trial;
        step *= 2;
        accepted = true;
        break;
      }
      step /= 4;
    }
    if (!accepted) break;
  }
  return value;
}

function normalized(x: Float64Array): Float64Array {
  const length = norm(x);
  return x.map((value) => value / length);
}
