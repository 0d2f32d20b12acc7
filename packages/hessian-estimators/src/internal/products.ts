import { HessianEstimatorsError } from "../errors.js";
import type { LinearOperator } from "../operator.js";

/** An operator behind a counter and checks; the vectors passed in and returned are copies. */
export interface Products {
  readonly size: number;
  /** Most vectors that `applyAll` hands over at once. */
  readonly block: number;
  /** Products spent so far. */
  count(): number;
  apply(v: Float64Array): Promise<Float64Array>;
  /** The products with all vectors, `block` at a time. */
  applyAll(vectors: readonly Float64Array[]): Promise<Float64Array[]>;
}

/** Vectors at once by default: several times as fast as one by one, with the memory of a few vectors. */
const BLOCK = 16;

/** The operator's size, checked. */
export function sizeOf(caller: string, { size }: { size: number }): number {
  if (!Number.isInteger(size) || size < 1)
    throw new HessianEstimatorsError(
      "INVALID_ARGUMENT",
      `${caller}: expected operator.size to be a positive integer, got ${size}`,
    );
  return size;
}

/** Wraps `operator` for the function named `caller`: counts, checks lengths and finiteness, and obeys `signal`. */
export function products(
  caller: string,
  operator: LinearOperator,
  signal: AbortSignal | undefined,
  { spent = 0, blockSize = BLOCK }: { spent?: number; blockSize?: number | undefined } = {},
): Products {
  const size = sizeOf(caller, operator);
  const block = operator.applyBlock ? blockSize : 1;
  let count = spent;

  function accepted(given: Float64Array): Float64Array {
    count++;
    const product = new Float64Array(given);
    if (product.length !== size)
      throw new HessianEstimatorsError(
        "WRONG_LENGTH",
        `${caller}: expected product ${count} of the operator to have length ${size}, got ${product.length}`,
        count,
      );
    let zero = 0; // NaN once a number is not finite: one pass without a branch
    for (let i = 0; i < size; i++) zero += product[i]! * 0;
    if (zero !== 0) {
      const at = product.findIndex((value) => !Number.isFinite(value));
      throw new HessianEstimatorsError(
        "NON_FINITE_PRODUCT",
        `${caller}: expected finite numbers from product ${count} of the operator, got ${product[at]!} at index ${at}`,
        count,
      );
    }
    return product;
  }

  async function several(vectors: readonly Float64Array[]): Promise<Float64Array[]> {
    signal?.throwIfAborted();
    const given = await operator.applyBlock!(vectors.map((v) => v.slice()));
    if (given.length !== vectors.length)
      throw new HessianEstimatorsError(
        "WRONG_LENGTH",
        `${caller}: expected ${vectors.length} products from applyBlock, got ${given.length}`,
        count + 1,
      );
    return given.map(accepted);
  }

  async function apply(v: Float64Array): Promise<Float64Array> {
    signal?.throwIfAborted();
    return accepted(await operator.apply(v.slice()));
  }

  return {
    size,
    block,
    count: () => count,
    apply,
    async applyAll(vectors) {
      const images: Float64Array[] = [];
      for (let at = 0; at < vectors.length; at += block)
        if (vectors.length - at === 1 || block === 1) images.push(await apply(vectors[at]!));
        else images.push(...(await several(vectors.slice(at, at + block))));
      return images;
    },
  };
}
