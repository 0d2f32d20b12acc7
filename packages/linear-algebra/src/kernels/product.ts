import type { Vector } from "../vector.js";
import { kernels, type Kernels } from "./kernels.js";

/** Operands above this many doubles go through the memory of the kernels in parts. */
const PART = 1 << 25;
/** Rows and columns of what one thread computes at a time; less for small products, so that there is work for all. */
const TILE = 256;
/** Multiplications below which tiles in JavaScript are as fast, and above which threads are worth starting. */
const SMALL = 32 ** 3;
const LARGE = 256 ** 3;

/** How exactly entries are multiplied: `"single"` rounds operands to Float32 and sums 256 terms at a time so, where that is faster. */
export type Precision = "double" | "single";

/** A product `A·Bᵀ`: `rows × inner` by `columns × inner`. */
export interface Product {
  a: Vector;
  b: Vector;
  rows: number;
  columns: number;
  inner: number;
  /** Only what is on or below the diagonal is wanted. */
  lower?: boolean;
  /** B is zero above its diagonal. */
  triangular?: boolean;
  precision?: Precision;
  /** Where the product is written; default a new array. */
  out?: Float64Array;
}

/** @internal The product by the kernels, where they are to be had and faster; above the diagonal undefined where `lower`. */
export function kernelProduct(wanted: Product): Float64Array | undefined {
  const { a, b, rows, columns, inner, lower = false, triangular = false } = wanted;
  const work = (rows * columns * inner) / (lower || triangular ? 2 : 1);
  if (work < SMALL || Math.min(rows, columns, inner) < 4) return undefined;
  const found = kernels();
  if (found === undefined) return undefined;
  if (work >= LARGE) found.gatherThreads();
  const most = Math.max(TILE, TILE * Math.floor(PART / (TILE * Math.max(inner, columns))));
  // A product in one part needs no array beside the memory of the kernels to gather it in.
  const whole = rows <= most && columns <= most;
  const product = whole ? undefined : (wanted.out ?? new Float64Array(rows * columns));
  for (let top = 0; top < rows; top += most) {
    const height = Math.min(most, rows - top);
    for (let left = 0; left < columns; left += most) {
      if (lower && left >= top + height) break;
      const width = Math.min(most, columns - left);
      const part = multiplyPart(found, left, {
        ...wanted,
        a: whole ? a : a.subarray(top * inner, (top + height) * inner),
        b: whole ? b : b.subarray(left * inner, (left + width) * inner),
        rows: height,
        columns: width,
        lower: lower && left === top,
      });
      if (part === undefined) return undefined;
      if (product === undefined) {
        if (wanted.out === undefined) return part.slice();
        wanted.out.set(part);
        return wanted.out;
      }
      for (let i = 0; i < height; i++)
        product.set(part.subarray(i * width, (i + 1) * width), (top + i) * columns + left);
    }
  }
  return product;
}

/** The product in the memory of the kernels; `firstColumn` is that of the part in the whole. */
function multiplyPart(
  found: Kernels,
  firstColumn: number,
  { a, b, rows, columns, inner, lower = false, triangular = false, precision = "double" }: Product,
): Float64Array | undefined {
  const same = a === b;
  const place = found.reserve(rows * inner + (same ? 0 : columns * inner) + rows * columns + 4);
  if (place === undefined) return undefined;
  const { memory, first } = place;
  const left = first;
  const right = same ? left : left + rows * inner;
  // Rows of the product begin at even doubles where they can: loads and stores of two are then aligned.
  const out = 2 * Math.ceil((right + columns * inner) / 2);
  memory.set(a, left);
  if (!same) memory.set(b, right);
  const rowsOf = (at: number): Operand => ({ at, row: inner, column: 1 });
  const tiles = { a: rowsOf(left), b: rowsOf(right), out: { at: out, row: columns }, rows, columns, inner, lower };
  const calls = tileCalls({ ...tiles, mode: 0, ...(triangular ? { zerosAfter: firstColumn } : {}) });
  found.run(precision === "double" ? "multiplyTile" : "multiplyTileSingle", calls);
  return memory.subarray(out, out + rows * columns);
}

/** An operand in the memory of the kernels, in doubles: where it begins, and the distances between rows and columns. */
interface Operand {
  at: number;
  row: number;
  column: number;
}

/** @internal The calls that divide `out ← mode·out ± A·Bᵀ` into tiles; mode 0 sets, 1 adds, −1 subtracts. */
export function tileCalls({
  a,
  b,
  out,
  rows,
  columns,
  inner,
  lower,
  mode,
  zerosAfter = Infinity,
}: {
  a: Operand;
  b: Operand;
  out: { at: number; row: number };
  rows: number;
  columns: number;
  inner: number;
  lower: boolean;
  mode: 0 | 1 | -1;
  /** Row j of B is zero from entry `zerosAfter + j + 1` on. */
  zerosAfter?: number;
}): number[][] {
  const calls: number[][] = [];
  const tile = rows * columns >= 16 * TILE * TILE ? TILE : TILE / 2;
  for (let i = 0; i < rows; i += tile)
    for (let j = 0; j < (lower ? Math.min(columns, i + tile) : columns); j += tile)
      calls.push([
        ...[8 * (a.at + i * a.row), 8 * a.row, 8 * a.column, 8 * (b.at + j * b.row), 8 * b.row, 8 * b.column],
        ...[8 * (out.at + i * out.row + j), 8 * out.row, Math.min(tile, rows - i), Math.min(tile, columns - j)],
        ...[Math.min(inner, zerosAfter + j + tile), mode],
      ]);
  return calls;
}
