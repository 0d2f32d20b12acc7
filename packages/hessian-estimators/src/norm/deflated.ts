import type { LinearOperator, SampledEstimate } from "../operator.js";
import { deflatedSampling } from "../trace-and-norm/deflated.js";
import { reporting, type DeflatedOptions } from "../trace-and-norm/options.js";

/**
 * ‖A‖_F of a symmetric operator, split by a sketch into parts known exactly and a remainder that is sampled.
 *
 * With m products, m/3 give Q = orth(AV), m/3 its image AQ, and m/3 the probes w = (I − P)v, where P = QQᵀ:
 * ‖A‖_F² ≈ ‖QᵀAQ‖_F² + 2‖(I − P)AQ‖_F² + mean‖(I − P)Aw‖².
 * The 2 is the symmetry: (I − P)AP and PA(I − P) have the same norm, and one product AQ gives both. Given Q the square is
 * unbiased, with the variance of `hutchinsonNorm` for (I − P)A(I − P). As that variance scales with the fourth power of
 * the remaining eigenvalues, removing the largest few gains more here than for the trace.
 *
 * The standard error is that of the mean over the probes, over 2‖A‖_F (delta method). With `relativeError` the sketch grows along
 * with the probes, and the probes already drawn are updated without new products.
 *
 * Cost: `maxMatvecs` products; memory 2·size numbers for each of the `maxMatvecs`/3 directions, with `relativeError` 4·size.
 * Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Derived here, after the idea of Hutch++ (Meyer, Musco, Musco and Woodruff 2021) for the trace.
 */
export async function deflatedNorm(
  operator: LinearOperator,
  options: DeflatedOptions<SampledEstimate>,
): Promise<SampledEstimate> {
  const targets = { trace: undefined, norm: options.relativeError };
  return (await deflatedSampling("deflatedNorm", operator, reporting("norm", options), targets)).norm;
}
