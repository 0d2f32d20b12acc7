import { HessianEstimatorsError } from "../errors.js";
import type { LinearOperator } from "../operator.js";

/** An operator behind a counter and checks; the vectors that go in and come out are copies. */
export interface Products {
  readonly size: number;
  /** Products spent so far. */
  count(): number;
  apply(v: Float64Array): Promise<Float64Array>;
}

/** Wraps `operator` for the function named `caller`: counts, checks lengths and finiteness, and obeys `signal`. */
export function products(caller: string, operator: LinearOperator, signal: AbortSignal | undefined): Products {
  const { size } = operator;
  if (!Number.isInteger(size) || size < 1)
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `${caller}: expected operator.size to be a positive integer, got ${size}`,
    );
  let count = 0;
  return {
    size,
    count: () => count,
    async apply(v) {
      signal?.throwIfAborted();
      count++;
      const product = new Float64Array(await operator.apply(v.slice()));
      if (product.length !== size)
        throw new HessianEstimatorsError(
          "WRONG_LENGTH",
          `${caller}: expected product ${count} of the operator to have length ${size}, got ${product.length}`,
          count,
        );
      for (let i = 0; i < size; i++)
        if (!Number.isFinite(product[i]))
          throw new HessianEstimatorsError(
            "NON_FINITE_PRODUCT",
            `${caller}: expected finite numbers from product ${count} of the operator, got ${product[i]!} at index ${i}`,
            count,
          );
      return product;
    },
  };
}
