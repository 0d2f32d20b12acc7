/** What can go wrong, as a closed set of codes. */
export type HessianEstimatorsErrorCode =
  /** An argument is missing or out of range. */
  | "INVALID_ARGUMENT"
  /** The operator returned a vector of another length than its `size`. */
  | "WRONG_LENGTH"
  /** The operator returned NaN or an infinity; `product` says which product it was, counted from 1. */
  | "NON_FINITE_PRODUCT"
  /** The operator gave different answers to the same vector, or wrote into its argument. */
  | "NOT_DETERMINISTIC"
  /** uᵀ(Av) and vᵀ(Au) differ by more than the tolerance. */
  | "NOT_SYMMETRIC"
  /** `resume` came from another estimator, size, seed or settings. */
  | "STATE_MISMATCH"
  /** A logarithm or an inverse was requested of an operator that is not positive definite. */
  | "NOT_POSITIVE";

/** The one error class of this package. Aborting is not among its codes: `signal.reason` is thrown unchanged. */
export class HessianEstimatorsError extends Error {
  override readonly name = "HessianEstimatorsError";
  readonly code: HessianEstimatorsErrorCode;
  /** The number of the product that failed, counted from 1, if a product failed. */
  readonly product: number | undefined;

  constructor(code: HessianEstimatorsErrorCode, message: string, product?: number) {
    super(message);
    this.code = code;
    this.product = product;
  }
}
