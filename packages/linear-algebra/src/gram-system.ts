/**
 * What the theory needs of a point in parameter space: the Gram matrix `K = JJᵀ` of the per-example Jacobians and the
 * residuals `r = f(x) − y`, where the loss is `L = (1/2n) Σᵢ‖f(xᵢ) − yᵢ‖²`. Row `i·C + c` belongs to output c of example i.
 */
export interface GramSystem {
  /** n, the number of examples. */
  examples: number;
  /** C, the number of outputs of an example. */
  outputs: number;
  /** K, `nC × nC`, row-major. */
  gram: Float64Array;
  /** r, length `nC`. */
  residuals: Float64Array;
}
