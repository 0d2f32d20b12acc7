import type { LanczosQuadrature } from "../density/ghorbani2019slq.js";
import { rulesOf, sampledBy } from "./sampled.js";
import type { SampledEstimate } from "../operator.js";

/**
 * Tr f(A) from a quadrature: size times the mean over the probes of Σ weight·f(node).
 *
 * With f(λ) = λ it is Hutchinson's estimate of the trace, with λ² that of ‖A‖_F². The standard error is over the probes. The
 * error of the rule itself, which is exact only for polynomials of degree 2·steps − 1, is `bias`, from rules of fewer steps; where it is
 * above the standard error, `coverage` says so.
 *
 * Source: Ubaru, Chen and Saad, "Fast estimation of tr(f(A)) via stochastic Lanczos quadrature" (2017).
 */
export function traceOfFunction(quadrature: LanczosQuadrature, f: (eigenvalue: number) => number): SampledEstimate {
  return { ...sampledBy(rulesOf(quadrature), f), matvecs: quadrature.matvecs, converged: true };
}
