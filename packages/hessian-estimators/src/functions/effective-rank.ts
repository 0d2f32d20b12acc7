import type { LanczosQuadrature } from "../density/ghorbani2019slq.js";
import { checkPositive } from "../internal/arguments.js";
import type { SampledEstimate } from "../operator.js";
import { integrate } from "./trace-of-function.js";

/**
 * The participation ratio (Tr A)²/‖A‖_F² from a quadrature: 1 for rank one, the rank where all nonzero eigenvalues are equal.
 *
 * A ratio of means, with the jackknife standard error over the probes. `curvature` gives it more accurately.
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
export function stableRank(quadrature: LanczosQuadrature, largest = largestNode(quadrature)): SampledEstimate {
  checkPositive("stableRank", "largest", largest);
  return jackknife(quadrature, [(x) => x * x], (square) => square / largest ** 2);
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

const largestNode = ({ runs }: LanczosQuadrature): number =>
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
  return {
    value: g(...totals.map((total) => total / count)),
    standardError: Math.sqrt(((count - 1) / count) * scatter),
    matvecs,
    samples: count,
    converged: true,
  };
}
