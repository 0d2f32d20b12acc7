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
  if (depth === 0) runtime.clear(product.c, 4 * rows * columns);
  else if (rows < PACKING_ROWS || columns <= TILE_COLUMNS) {
    multiplyBlocks(runtime, product, b, 4 * columns, 4 * TILE_COLUMNS);
  } else {
    const panels = Math.ceil(columns / TILE_COLUMNS);
    runtime.scratch(panels * depth * 4 * TILE_COLUMNS, (packed) => {
      runtime.packPanels(b, 4 * columns, packed, depth, columns);
      multiplyBlocks(runtime, product, packed, 4 * TILE_COLUMNS, depth * 4 * TILE_COLUMNS);
    });
  }
}

/** The product block by block; `b` may be packed, which its strides tell. */
function multiplyBlocks(runtime: Runtime, product: Product, b: number, bRow: number, bPanel: number): void {
  const { a, aRow, aDepth, c, rows, columns, depth } = product;
  for (let row = 0; row < rows; row += BLOCK_ROWS) {
    for (let d = 0; d < depth; d += BLOCK_DEPTH) {
      runtime.contract({
        ...{ a: a + row * aRow + d * aDepth, aOuter1: 0, aOuter2: 0, aRow },
        ...{ count1: 1, stride1: 0, count2: 1, stride2: 0, count3: Math.min(BLOCK_DEPTH, depth - d), stride3: aDepth },
        ...{ b: b + d * bRow, bOuter1: 0, bOuter2: 0, bRow, bPanel },
        ...{ c: c + 4 * row * columns, cOuter1: 0, cOuter2: 0, cRow: 4 * columns },
        ...{ rows: Math.min(BLOCK_ROWS, rows - row), columns, outer1: 1, outer2: 1 },
        accumulate: d > 0 ? 1 : 0,
      });
    }
  }
}
