import { multiplyTransposed, multiplyVector } from "@sgdscope/linear-algebra";
import { checkLength } from "../internal/arguments.js";
import type { LinearOperator } from "../operator.js";

/** An operator that counts its products. */
export interface CountedOperator extends LinearOperator {
  /** Products so far, each vector of a block counted. */
  readonly products: number;
}

/** The same operator with a counter: the number of products that several estimates spend together. */
export function counted(operator: LinearOperator): CountedOperator {
  let products = 0;
  return {
    size: operator.size,
    get products() {
      return products;
    },
    apply(v) {
      products++;
      return operator.apply(v);
    },
    ...(operator.applyBlock && {
      applyBlock(vectors: Float64Array[]) {
        products += vectors.length;
        return operator.applyBlock!(vectors);
      },
    }),
  };
}

/**
 * A dense symmetric matrix as an operator, with a block product.
 *
 * @param matrix - size × size, row-major; read at every product.
 * @throws HessianEstimatorsError `INVALID_ARGUMENT` if its length is not size².
 */
export function denseOperator(matrix: Float64Array, size: number): LinearOperator {
  checkLength("denseOperator", "matrix", matrix, size * size);
  return {
    size,
    apply: (v) => Promise.resolve(multiplyVector(matrix, v, size, size)),
    applyBlock(vectors) {
      const rows = new Float64Array(vectors.length * size);
      vectors.forEach((v, i) => rows.set(v, i * size));
      const images = multiplyTransposed(rows, matrix, vectors.length, size, size);
      return Promise.resolve(vectors.map((_, i) => images.slice(i * size, (i + 1) * size)));
    },
  };
}

/** diag(entries) as an operator. */
export const diagonalOperator = (entries: Float64Array): LinearOperator => ({
  size: entries.length,
  apply: (v) => Promise.resolve(v.map((x, i) => x * entries[i]!)),
});
