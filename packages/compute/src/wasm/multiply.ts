import type { Product } from "./program/contract.js";
import type { Runtime } from "./runtime.js";

/**
 * `c [rows, columns] = a [rows, depth] · b [depth, columns]` at addresses. `aRow` and `aDepth` are the bytes from one row of the
 * result to the next, and from one summand to the next; rows of `b` and `c` are contiguous.
 */
export function multiply(runtime: Runtime, product: Omit<Product, "rowBytes" | "packed">): void {
  const { c, rows, columns, depth } = product;
  if (depth === 0) runtime.clear(c, 4 * rows * columns);
  else runtime.multiply({ ...product, rowBytes: 4 * columns });
}
