import type { LinearOperator, SampledEstimate } from "../operator.js";
import { plainSampling } from "../trace-and-norm/hutchinson.js";
import { reporting, type ProbeOptions } from "../trace-and-norm/options.js";

/**
 * Tr A of a symmetric operator: the mean of vᵀAv over random probes v with E vvᵀ = I.
 *
 * Unbiased: E vᵀAv = Tr(A E vvᵀ) = Tr A. A Rademacher probe has variance 2(‖A‖_F² − Σ aᵢᵢ²), a Gaussian one 2‖A‖_F², so the
 * relative standard error after m products is about √(2/m)·‖A‖_F/Tr A. The standard error returned is the sample's.
 *
 * Cost: `maxMatvecs` products, O(size) memory. Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Girard (1989) with Gaussian, Hutchinson (1989) with Rademacher probes.
 */
export async function hutchinsonTrace(
  operator: LinearOperator,
  options: ProbeOptions<SampledEstimate>,
): Promise<SampledEstimate> {
  const targets = { trace: options.relativeError, norm: undefined };
  return (await plainSampling("hutchinsonTrace", operator, reporting("trace", options), targets)).trace;
}
