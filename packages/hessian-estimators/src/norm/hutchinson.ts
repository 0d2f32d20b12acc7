import type { LinearOperator, SampledEstimate } from "../operator.js";
import { plainSampling } from "../trace-and-norm/hutchinson.js";
import { reporting, type ProbeOptions } from "../trace-and-norm/options.js";

/**
 * ‖A‖_F of a symmetric operator: the root of the mean of ‖Av‖² over random probes v with E vvᵀ = I.
 *
 * The square is unbiased: E‖Av‖² = Tr A² = ‖A‖_F². It is Hutchinson's estimate of Tr A², so a Rademacher probe has variance
 * 2(‖A²‖_F² − Σ (A²)ᵢᵢ²), a Gaussian one 2‖A²‖_F². The standard error of the norm is that of the square over 2‖A‖_F (delta method);
 * the root is biased low by about standardError²/(2‖A‖_F), half the relative error squared.
 *
 * Cost: `maxMatvecs` products, O(size) memory. Float64. Where the spectrum decays `deflatedNorm` is far more accurate.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Hutchinson (1989) for Tr A²; Gratton and Titley-Peloquin (2018, doi 10.1137/17M1137541) study the norm with Gaussian probes.
 */
export async function hutchinsonNorm(
  operator: LinearOperator,
  options: ProbeOptions<SampledEstimate>,
): Promise<SampledEstimate> {
  const targets = { trace: undefined, norm: options.relativeError };
  return (await plainSampling("hutchinsonNorm", operator, reporting("norm", options), targets)).norm;
}
