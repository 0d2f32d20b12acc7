import type { LanczosQuadrature } from "../density/ghorbani2019slq.js";
import { HessianEstimatorsError } from "../errors.js";
import type { SampledEstimate } from "../operator.js";
import { traceOfFunction } from "./trace-of-function.js";

/**
 * log det(A + shift·I) = Tr log(A + shift) of a symmetric operator, from a quadrature; all `size` eigenvalues count.
 *
 * The standard error is over the probes. The error of the rule itself falls geometrically with the steps, at a rate set by the condition
 * number of A + shift: for a small shift increase the steps until the value no longer changes.
 *
 * @param shift - In the unit of the eigenvalues, above minus the smallest; 0 by default.
 * @throws HessianEstimatorsError `NOT_POSITIVE` where a Ritz value plus the shift is not positive: then A + shift is not definite.
 *
 * Source: Ubaru, Chen and Saad (2017, SIAM J. Matrix Anal. Appl. 38).
 */
export function logDeterminant(quadrature: LanczosQuadrature, { shift = 0 }: { shift?: number } = {}): SampledEstimate {
  expectAbove("logDeterminant", quadrature, -shift, `A + ${shift}`);
  return traceOfFunction(quadrature, (eigenvalue) => Math.log(eigenvalue + shift));
}

/**
 * The effective dimension Tr A(A + λ)⁻¹ of a positive semidefinite operator, from a quadrature: the number of eigenvalues above λ,
 * each weighted by λᵢ/(λᵢ + λ).
 *
 * @param lambda - In the unit of the eigenvalues, positive.
 * @throws HessianEstimatorsError `NOT_POSITIVE` where a Ritz value is at most −λ.
 *
 * Source: MacKay (1992), γ, the number of well-determined parameters; Zhang (2005); Caponnetto and De Vito (2007).
 */
export function effectiveDimension(quadrature: LanczosQuadrature, lambda: number): SampledEstimate {
  if (!(lambda > 0))
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `effectiveDimension: expected lambda to be a positive number, got ${lambda}`,
    );
  expectAbove("effectiveDimension", quadrature, -lambda, `A + ${lambda}`);
  return traceOfFunction(quadrature, (eigenvalue) => eigenvalue / (eigenvalue + lambda));
}

function expectAbove(caller: string, { runs }: LanczosQuadrature, bound: number, name: string): void {
  const least = Math.min(...runs.map(({ nodes, weights }) => Math.min(...nodes.filter((_, k) => weights[k]! > 0))));
  if (!(least > bound))
    throw new HessianEstimatorsError(
      "NOT_POSITIVE",
      `${caller}: expected ${name} to be positive definite, got an eigenvalue of at most ${least - bound}`,
    );
}
