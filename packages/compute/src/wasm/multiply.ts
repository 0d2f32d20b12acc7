import type { Runtime } from "./runtime.js";

/** A product of two matrices at addresses, strides in bytes; rows of `b` and `c` are contiguous. */
export interface Product {
  a: number;
  /** From one row of the result to the next, and from one summand to the next. */
  aRow: number;
  aDepth: number;
  b: number;
  c: number;
  rows: number;
  columns: number;
  depth: number;
}

/** `c [rows, columns] = a [rows, depth] · b [depth, columns]`. */
export function multiply(runtime: Runtime, { a, aRow, aDepth, b, c, rows, columns, depth }: Product): void {
  if (depth === 0) runtime.clear(c, 4 * rows * columns);
  else runtime.multiply(a, aRow, aDepth, b, c, rows, columns, depth);
}
