import type { LanczosQuadrature, QuadratureRun } from "../density/ghorbani2019slq.js";
import { checkPositive } from "../internal/arguments.js";
import type { SampledEstimate } from "../operator.js";
import { integrate, shorterRules } from "../density/rule.js";
import { unreliable } from "../internal/coverage.js";
import { rulesOf, sampledBy } from "./sampled.js";

/**
 * The participation ratio (Tr A)²/‖A‖_F² from a quadrature: 1 for rank one, the rank where all nonzero eigenvalues are equal.
 *
 * A ratio of means, with the jackknife standard error over the probes; `coverage` says where the jackknife also shows too large a bias. `curvature` gives it more accurately.
 *
 * Source: R₀ of Bartlett, Long, Lugosi and Tsigler (2020, arXiv 1906.11300), for positive semidefinite A.
 */
export const participationRatio = (quadrature: LanczosQuadrature): SampledEstimate =>
  jackknife(quadrature, [(x) => x, (x) => x * x], (trace, square) => trace ** 2 / square);

/**
 * The stable rank ‖A‖_F²/‖A‖₂² from a quadrature: at most the rank, and insensitive to small eigenvalues.
 *
 * @param largest - ‖A‖₂, the largest |λ|, for example from `topEigenpairs`; by default the largest Ritz value, which is at most that.
 *
 * Source: Rudelson and Vershynin (2007, J. ACM 54).
 */
export function stableRank(quadrature: LanczosQuadrature, largest?: number): SampledEstimate {
  const magnitude = largest ?? largestNode(quadrature.runs);
  checkPositive("stableRank", "largest", magnitude);
  const rank = jackknife(quadrature, [(x) => x * x], (square) => square / magnitude ** 2);
  if (largest !== undefined) return rank;
  const shorter = quadrature.runs.map((run) => shorterRules(run)[0] ?? run);
  const open = (2 * rank.value * (magnitude - largestNode(shorter))) / magnitude;
  return open > MOST_BIAS * rank.standardError && open > 1e-9 * rank.value
    ? { ...rank, ...unreliable("the largest Ritz value still grows with the Lanczos steps; pass `largest`") }
    : rank;
}

/**
 * The entropy rank exp(−Σ pᵢ log pᵢ) with pᵢ = |λᵢ|/Σ|λⱼ|, from a quadrature: the number of equal eigenvalues that would have as
 * much entropy.
 *
 * Logarithm and modulus are not polynomials: for eigenvalues near zero the rule needs enough steps.
 *
 * Source: Roy and Vetterli, "The effective rank" (EUSIPCO 2007).
 */
export const entropyRank = (quadrature: LanczosQuadrature): SampledEstimate =>
  jackknife(
    quadrature,
    [Math.abs, (x) => (x === 0 ? 0 : Math.abs(x) * Math.log(Math.abs(x)))],
    (mass, logs) => mass * Math.exp(-logs / mass),
  );

const largestNode = (runs: readonly QuadratureRun[]): number =>
  Math.max(...runs.map(({ nodes }) => Math.max(Math.abs(nodes[0]!), Math.abs(nodes.at(-1)!))));

/** g(means of Tr fₖ(A)) with the standard error of leaving each probe out (Tukey 1958). */
function jackknife(
  { size, runs, matvecs }: LanczosQuadrature,
  functions: ((eigenvalue: number) => number)[],
  g: (...traces: number[]) => number,
): SampledEstimate {
  const samples = functions.map((f) => runs.map((run) => size * integrate(run, f)));
  const count = runs.length;
  const totals = samples.map((list) => list.reduce((sum, x) => sum + x, 0));
  const without = runs.map((_, i) => g(...totals.map((total, k) => (total - samples[k]![i]!) / (count - 1))));
  const center = without.reduce((sum, x) => sum + x, 0) / count;
  const scatter = without.reduce((sum, x) => sum + (x - center) ** 2, 0);
  const means = totals.map((total) => total / count);
  const slopes = means.map((_, k) => slopeAlong(g, means, k));
  const linear = (node: number): number => functions.reduce((sum, f, k) => sum + slopes[k]! * f(node), 0);
  const standardError = Math.sqrt(((count - 1) / count) * scatter);
  const bias = (count - 1) * (center - g(...means));
  const linearised = sampledBy(rulesOf({ size, runs }), linear, standardError);
  return {
    ...linearised,
    value: g(...means),
    standardError,
    matvecs,
    samples: count,
    ...(Math.abs(bias) > MOST_BIAS * standardError && unreliable(CURVED)),
    converged: true,
  };
}

/** Largest bias of a ratio, in standard errors, that an interval by linearisation stands: it shifts a miss of 5 % by less than 1 %. */
const MOST_BIAS = 0.25;

/** @internal Why a function of estimates has no interval. */
export const CURVED = "the probes scatter too much for a ratio of their means to be linear";

/** ∂g/∂tₖ by a central difference. */
function slopeAlong(g: (...traces: number[]) => number, traces: readonly number[], k: number): number {
  const step = 1e-5 * (Math.abs(traces[k]!) || 1);
  const at = (sign: number): number => g(...traces.map((t, l) => (l === k ? t + sign * step : t)));
  return (at(1) - at(-1)) / (2 * step);
}
