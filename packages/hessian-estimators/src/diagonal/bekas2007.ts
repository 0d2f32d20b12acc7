import { rademacher } from "@sgdscope/random";
import { checkInteger, checkRandom } from "../internal/arguments.js";
import { products } from "../internal/products.js";
import type { LinearOperator, LongOptions } from "../operator.js";

/** The diagonal of an operator, entry by entry. */
export interface DiagonalEstimate {
  values: Float64Array;
  /** One standard error of each entry. */
  standardErrors: Float64Array;
  matvecs: number;
}

/** What `hutchinsonDiagonal` accepts. */
export interface DiagonalOptions extends LongOptions<DiagonalEstimate> {
  /** Uniform generator on [0, 1), for the Rademacher probes. */
  random: () => number;
  /** Products to spend; 99 by default. Where it is at least `operator.size`, the diagonal is computed exactly instead. */
  maxMatvecs?: number | undefined;
}

/**
 * diag A of a symmetric operator: the mean of v∘(Av) over Rademacher probes v.
 *
 * Unbiased, entry i with variance Σ_{j≠i} aᵢⱼ² a probe: small entries beside large ones in their row are known badly.
 *
 * Cost: `maxMatvecs` products, O(size) memory. Float64.
 *
 * @throws HessianEstimatorsError on a bad argument, a product of wrong length, or one that is not finite.
 *
 * Source: Bekas, Kokiopoulou and Saad, "An estimator for the diagonal of a matrix" (2007), which divides by Σ v∘v; for Rademacher
 * probes that is their number.
 */
export async function hutchinsonDiagonal(
  operator: LinearOperator,
  options: DiagonalOptions,
): Promise<DiagonalEstimate> {
  const run = products("hutchinsonDiagonal", operator, options.signal);
  const { size } = run;
  const { random, maxMatvecs = 99 } = options;
  checkRandom("hutchinsonDiagonal", random);
  checkInteger("hutchinsonDiagonal", "maxMatvecs", maxMatvecs, Math.min(2, size));
  const exact = maxMatvecs >= size;
  const mean = new Float64Array(size);
  const deviations = new Float64Array(size);
  const limit = exact ? size : maxMatvecs;
  const now = (): DiagonalEstimate => {
    const samples = run.count();
    return {
      values: mean.slice(),
      standardErrors: exact
        ? new Float64Array(size)
        : deviations.map((sum) => (samples < 2 ? Infinity : Math.sqrt(sum / (samples - 1) / samples))),
      matvecs: samples,
    };
  };
  while (run.count() < limit) {
    const index = run.count();
    const v = exact ? unitVector(size, index) : rademacher(size, random);
    const product = await run.apply(v);
    if (exact) mean[index] = product[index]!;
    else
      for (let i = 0; i < size; i++) {
        const before = v[i]! * product[i]! - mean[i]!;
        mean[i]! += before / run.count();
        deviations[i]! += before * (v[i]! * product[i]! - mean[i]!);
      }
    options.onProgress?.({
      matvecs: run.count(),
      maxMatvecs: limit,
      estimate: exact && run.count() < limit ? undefined : now(),
    });
  }
  return now();
}

function unitVector(size: number, index: number): Float64Array {
  const v = new Float64Array(size);
  v[index] = 1;
  return v;
}
