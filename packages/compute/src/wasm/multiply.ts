import { TILE_COLUMNS } from "./program/contract.js";
import type { Runtime } from "./runtime.js";

/** Rows and depth of one block: its part of `a` stays in the second-level cache while all columns pass. */
const BLOCK_ROWS = 64;
const BLOCK_DEPTH = 512;
/** From this many rows on, copying `b` into contiguous panels pays. */
const PACKING_ROWS = 32;

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
export function multiply(runtime: Runtime, product: Product): void {
  const { rows, columns, depth, b } = product;
  const rowBytes = 4 * columns;
  if (depth === 0) return runtime.clear(product.c, rows * rowBytes);
  if (rows < PACKING_ROWS || columns <= TILE_COLUMNS) {
    return multiplyBlocks(runtime, product, b, rowBytes, 4 * TILE_COLUMNS);
  }
  const panels = Math.ceil(columns / TILE_COLUMNS);
  runtime.scratch(panels * depth * 4 * TILE_COLUMNS, (packed) => {
    runtime.packPanels(b, rowBytes, packed, depth, columns);
    multiplyBlocks(runtime, product, packed, 4 * TILE_COLUMNS, depth * 4 * TILE_COLUMNS);
  });
}

function multiplyBlocks(runtime: Runtime, product: Product, b: number, bRow: number, bPanel: number): void {
  const { a, aRow, aDepth, c, rows, columns, depth } = product;
  const block = (firstRow: number, blockRows: number, repeats: number): void => {
    for (let first = 0; first < depth; first += BLOCK_DEPTH) {
      runtime.contract({
        a: a + firstRow * aRow + first * aDepth,
        aOuter1: blockRows * aRow,
        aOuter2: 0,
        aRow,
        count1: 1,
        stride1: 0,
        count2: 1,
        stride2: 0,
        count3: Math.min(BLOCK_DEPTH, depth - first),
        stride3: aDepth,
        b: b + first * bRow,
        bOuter1: 0,
        bOuter2: 0,
        bRow,
        bPanel,
        c: c + firstRow * 4 * columns,
        cOuter1: blockRows * 4 * columns,
        cOuter2: 0,
        cRow: 4 * columns,
        rows: blockRows,
        columns,
        outer1: repeats,
        outer2: 1,
        accumulate: first > 0 ? 1 : 0,
      });
    }
  };
  for (let first = 0; first < rows; first += BLOCK_ROWS) block(first, Math.min(BLOCK_ROWS, rows - first), 1);
}
