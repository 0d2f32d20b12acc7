import type { LanczosQuadrature, QuadratureRun } from "../density/ghorbani2019slq.js";
import { momentsOf, standardError } from "../internal/moments.js";
import type { SampledEstimate } from "../operator.js";

/**
 * Tr f(A) from a quadrature: size times the mean over the probes of Σ weight·f(node).
 *
 * With f(λ) = λ it is Hutchinson's estimate of the trace, with λ² that of ‖A‖_F². The standard error is over the probes; it does
 * not contain the error of the rule itself, which is exact only for polynomials of degree 2·steps − 1.
 *
 * Source: Ubaru, Chen and Saad, "Fast estimation of tr(f(A)) via stochastic Lanczos quadrature" (2017).
 */
export function traceOfFunction(quadrature: LanczosQuadrature, f: (eigenvalue: number) => number): SampledEstimate {
  const { size, runs, matvecs } = quadrature;
  const moments = momentsOf(runs.map((run) => size * integrate(run, f)));
  return {
    value: moments.mean,
    standardError: standardError(moments),
    matvecs,
    samples: moments.count,
    converged: true,
  };
}

/** @internal Σ weight·f(node); f is not evaluated at nodes of weight 0. */
export const integrate = ({ nodes, weights }: QuadratureRun, f: (node: number) => number): number =>
  nodes.reduce((sum, node, k) => (weights[k] === 0 ? sum : sum + weights[k]! * f(node)), 0);
