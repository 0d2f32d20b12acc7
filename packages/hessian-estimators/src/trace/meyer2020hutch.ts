import type { LinearOperator, SampledEstimate } from "../operator.js";
import { deflatedSampling } from "../trace-and-norm/deflated.js";
import { reporting, type DeflatedOptions } from "../trace-and-norm/options.js";

/**
 * Tr A of a symmetric operator by Hutch++: exact on the range of a sketch, Hutchinson's mean on the rest.
 *
 * With m products, m/3 give the sketch Q = orth(AV), m/3 its image AQ, and m/3 the probes w = (I − QQᵀ)v:
 * Tr A ≈ Tr QᵀAQ + mean wᵀAw. Given Q it is unbiased and its variance is Hutchinson's for (I − QQᵀ)A(I − QQᵀ), which is far
 * smaller than A where the spectrum decays, and no smaller where it is flat: then plain `hutchinsonTrace` is better by a factor √3.
 * The standard error returned is that of the mean over the probes.
 *
 * With `relativeError` the sketch grows along with the probes, and the probes already drawn are updated without new products.
 *
 * Cost: `maxMatvecs` products; memory 2·size numbers for each of the `maxMatvecs`/3 directions, with `relativeError` 4·size.
 * Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Meyer, Musco, Musco and Woodruff, "Hutch++: Optimal stochastic trace estimation" (2021, arXiv 2010.09649).
 */
export async function hutchPlusPlusTrace(
  operator: LinearOperator,
  options: DeflatedOptions<SampledEstimate>,
): Promise<SampledEstimate> {
  const targets = { trace: options.relativeError, norm: undefined };
  return (await deflatedSampling("hutchPlusPlusTrace", operator, reporting("trace", options), targets)).trace;
}
