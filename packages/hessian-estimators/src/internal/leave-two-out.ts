import { momentsOf, skewness, standardError } from "./moments.js";

/** The mean of leave-one-out terms. */
export interface LeftOutMean {
  value: number;
  standardError: number;
  /** Of one term. */
  skewness: number;
}

/**
 * Mean of leave-one-out terms tᵢ and its standard error.
 *
 * Such terms share all but two of their probes and so are correlated: their own scatter alone is too small a standard error. With tᵢⱼ
 * the term of probe i without probe j, E (tᵢ − tᵢⱼ)(tⱼ − tⱼᵢ) = Cov(tᵢ, tⱼ), because given the other probes tᵢⱼ does not depend on probe
 * j, and tᵢ is unbiased whatever probe j is. So Var = (scatter of the tᵢ)/k + mean of these products is unbiased. Derived here.
 *
 * @param change - tᵢ − tᵢⱼ.
 */
export function leaveTwoOut(terms: readonly number[], change: (i: number, j: number) => number): LeftOutMean {
  const count = terms.length;
  let covariance = 0;
  for (let i = 0; i < count; i++)
    for (let j = 0; j < i; j++) covariance += (change(i, j) * change(j, i)) / ((count * (count - 1)) / 2);
  const moments = momentsOf(terms);
  const error = Math.hypot(standardError(moments), Math.sqrt(Math.max(0, covariance)));
  return { value: moments.mean, standardError: error, skewness: skewness(moments) };
}
