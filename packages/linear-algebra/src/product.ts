import { expectDimension, expectLength } from "./errors.js";
import { kernelProduct, type Precision } from "./kernels/product.js";
import type { Vector } from "./vector.js";

/** Rows of a panel: a panel times `depth` doubles stays in the second-level cache. */
const PANEL = 64;
/** Inner length of a panel: four rows of it stay in the first-level cache. */
const DEPTH = 512;

/**
 * The product `A·B` of row-major matrices.
 *
 * @param a - `rows × inner`, row-major.
 * @param b - `inner × columns`, row-major.
 * @returns `rows × columns`, row-major. Cost `2·rows·inner·columns` operations.
 * @throws LinearAlgebraError SHAPE_MISMATCH when a length does not fit its shape.
 */
export function multiply(a: Vector, b: Vector, rows: number, inner: number, columns: number): Float64Array {
  expectShape("multiply", "a", a, rows, inner);
  expectShape("multiply", "b", b, inner, columns);
  return multiplyTransposed(a, transpose(b, inner, columns), rows, inner, columns);
}

/**
 * The product `A·Bᵀ` of row-major matrices: all inner products of the rows of `A` with the rows of `B`.
 *
 * @param a - `rows × inner`, row-major.
 * @param b - `columns × inner`, row-major.
 * @returns `rows × columns`, row-major. Cost `2·rows·inner·columns` operations.
 * @throws LinearAlgebraError SHAPE_MISMATCH when a length does not fit its shape.
 */
export function multiplyTransposed(a: Vector, b: Vector, rows: number, inner: number, columns: number): Float64Array {
  expectShape("multiplyTransposed", "a", a, rows, inner);
  expectShape("multiplyTransposed", "b", b, columns, inner);
  const fast = kernelProduct({ a, b, rows, columns, inner });
  if (fast !== undefined) return fast;
  const left = double(a);
  const right = double(b);
  const product = new Float64Array(rows * columns);
  for (let depth = 0; depth < inner; depth += DEPTH) {
    const end = Math.min(inner, depth + DEPTH);
    for (let top = 0; top < rows; top += PANEL)
      accumulate(left, right, product, top, Math.min(rows, top + PANEL), 0, columns, depth, end, inner, columns);
  }
  return product;
}

/**
 * The Gram matrix `A·Aᵀ` of the rows of `A`: exactly symmetric, at half the cost of a product.
 *
 * @param a - `rows × inner`, row-major.
 * @returns `rows × rows`. Cost `rows²·inner` operations.
 * @throws LinearAlgebraError SHAPE_MISMATCH when `a` does not fit its shape.
 */
export function gramOfRows(a: Vector, rows: number, inner: number): Float64Array {
  expectShape("gramOfRows", "a", a, rows, inner);
  return lowerProduct(a, a, rows, inner);
}

/** How a product is computed, and where it goes. */
export interface ProductOptions {
  precision?: Precision;
  /** An array of the size of the product that is written over and returned: memory that is there already costs nothing. Default a new one. */
  out?: Float64Array;
}

/**
 * The product `A·Bᵀ` where it is known to be symmetric, as in `A·W·Aᵀ` with `B = A·W`: half the cost, exactly symmetric.
 *
 * @param a - `rows × inner`, row-major.
 * @param b - `rows × inner`, row-major.
 * @param options.precision - `"single"` rounds the operands to Float32 and sums 256 terms at a time in it, where that is faster: for large
 *   products in half the time, right to about 1e-6 of the sum of the absolute terms. Default `"double"`.
 * @param options.out - See {@link ProductOptions}; must not share memory with an operand.
 * @returns `rows × rows`: the lower triangle of `A·Bᵀ`, mirrored. Cost `rows²·inner` operations.
 * @throws LinearAlgebraError SHAPE_MISMATCH when a length does not fit its shape.
 */
export function symmetricProduct(
  a: Vector,
  b: Vector,
  rows: number,
  inner: number,
  options: ProductOptions = {},
): Float64Array {
  expectShape("symmetricProduct", "a", a, rows, inner);
  expectShape("symmetricProduct", "b", b, rows, inner);
  if (options.out !== undefined) expectShape("symmetricProduct", "options.out", options.out, rows, rows);
  return lowerProduct(a, b, rows, inner, options);
}

/**
 * The product `A·Lᵀ` with a lower triangular `L`, at half the cost of a product.
 *
 * @param a - `rows × size`, row-major.
 * @param lower - `size × size`, row-major, zero above the diagonal.
 * @param options - As in {@link symmetricProduct}.
 * @returns `rows × size`, row-major. Cost `rows·size²` operations.
 * @throws LinearAlgebraError SHAPE_MISMATCH when a length does not fit its shape.
 */
export function multiplyLower(
  a: Vector,
  lower: Vector,
  rows: number,
  size: number,
  options: ProductOptions = {},
): Float64Array {
  expectShape("multiplyLower", "a", a, rows, size);
  expectShape("multiplyLower", "lower", lower, size, size);
  if (options.out !== undefined) expectShape("multiplyLower", "options.out", options.out, rows, size);
  const wanted = { a, b: lower, rows, columns: size, inner: size, triangular: true, ...options };
  const fast = kernelProduct(wanted);
  if (fast !== undefined) return fast;
  const product = multiplyTransposed(a, lower, rows, size, size);
  if (options.out === undefined) return product;
  options.out.set(product);
  return options.out;
}

function lowerProduct(
  left: Vector,
  right: Vector,
  rows: number,
  inner: number,
  options: ProductOptions = {},
): Float64Array {
  const fast = kernelProduct({ a: left, b: right, rows, columns: rows, inner, lower: true, ...options });
  if (fast !== undefined) {
    mirrorLower(fast, rows);
    return fast;
  }
  const a = double(left);
  const b = left === right ? a : double(right);
  const product = options.out?.fill(0) ?? new Float64Array(rows * rows);
  for (let depth = 0; depth < inner; depth += DEPTH) {
    const end = Math.min(inner, depth + DEPTH);
    for (let top = 0; top < rows; top += PANEL) {
      const bottom = Math.min(rows, top + PANEL);
      accumulate(a, b, product, top, bottom, 0, bottom, depth, end, inner, rows);
    }
  }
  mirrorLower(product, rows);
  return product;
}

/**
 * The transpose of a row-major matrix, in double precision.
 *
 * @param a - `rows × columns`, row-major.
 * @returns `columns × rows`, row-major.
 */
export function transpose(a: Vector, rows: number, columns: number): Float64Array {
  expectShape("transpose", "a", a, rows, columns);
  const transposed = new Float64Array(rows * columns);
  const block = 32;
  for (let top = 0; top < rows; top += block)
    for (let left = 0; left < columns; left += block) {
      const bottom = Math.min(rows, top + block);
      const right = Math.min(columns, left + block);
      for (let i = top; i < bottom; i++)
        for (let j = left; j < right; j++) transposed[j * rows + i] = a[i * columns + j]!;
    }
  return transposed;
}

/** @internal Copies the lower triangle of a square matrix onto the upper. */
export function mirrorLower(a: Float64Array, size: number): void {
  const block = 32;
  for (let top = 0; top < size; top += block)
    for (let left = 0; left <= top; left += block) {
      const bottom = Math.min(size, top + block);
      for (let j = left; j < Math.min(size, left + block); j++)
        for (let i = Math.max(top, j + 1); i < bottom; i++) a[j * size + i] = a[i * size + j]!;
    }
}

function expectShape(caller: string, name: string, array: Vector, rows: number, columns: number): void {
  expectDimension(caller, "rows", rows);
  expectDimension(caller, "columns", columns);
  expectLength(caller, `${name} [${rows} × ${columns}]`, array, rows * columns);
}

/** One element kind keeps the inner loops fast. */
const double = (a: Vector): Float64Array => (a instanceof Float64Array ? a : Float64Array.from(a));

/** Adds the inner products of rows [top, bottom) of `a` and rows [left, right) of `b` over [from, to) into `out`. */
function accumulate(
  a: Float64Array,
  b: Float64Array,
  out: Float64Array,
  top: number,
  bottom: number,
  left: number,
  right: number,
  from: number,
  to: number,
  inner: number,
  stride: number,
): void {
  let j = left;
  for (; j + 4 <= right; j += 4) {
    let i = top;
    for (; i + 4 <= bottom; i += 4) tile4(a, b, out, i, j, from, to, inner, stride);
    for (; i < bottom; i++) for (let c = j; c < j + 4; c++) cell(a, b, out, i, c, from, to, inner, stride);
  }
  for (; j < right; j++) for (let i = top; i < bottom; i++) cell(a, b, out, i, j, from, to, inner, stride);
}

function cell(
  a: Float64Array,
  b: Float64Array,
  out: Float64Array,
  i: number,
  j: number,
  from: number,
  to: number,
  inner: number,
  stride: number,
): void {
  let sum = 0;
  for (let p = i * inner + from, q = j * inner + from, end = i * inner + to; p < end; p++, q++) sum += a[p]! * b[q]!;
  out[i * stride + j]! += sum;
}

/** Sixteen inner products at once: four loads from each side feed sixteen multiplications. */
function tile4(
  a: Float64Array,
  b: Float64Array,
  out: Float64Array,
  i: number,
  j: number,
  from: number,
  to: number,
  inner: number,
  stride: number,
): void {
  const a0 = i * inner;
  const a1 = a0 + inner;
  const a2 = a1 + inner;
  const a3 = a2 + inner;
  const b0 = j * inner;
  const b1 = b0 + inner;
  const b2 = b1 + inner;
  const b3 = b2 + inner;
  let [c00, c01, c02, c03, c10, c11, c12, c13] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [c20, c21, c22, c23, c30, c31, c32, c33] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let p = from; p < to; p++) {
    const x0 = a[a0 + p]!;
    const x1 = a[a1 + p]!;
    const x2 = a[a2 + p]!;
    const x3 = a[a3 + p]!;
    const y0 = b[b0 + p]!;
    const y1 = b[b1 + p]!;
    const y2 = b[b2 + p]!;
    const y3 = b[b3 + p]!;
    c00 += x0 * y0;
    c01 += x0 * y1;
    c02 += x0 * y2;
    c03 += x0 * y3;
    c10 += x1 * y0;
    c11 += x1 * y1;
    c12 += x1 * y2;
    c13 += x1 * y3;
    c20 += x2 * y0;
    c21 += x2 * y1;
    c22 += x2 * y2;
    c23 += x2 * y3;
    c30 += x3 * y0;
    c31 += x3 * y1;
    c32 += x3 * y2;
    c33 += x3 * y3;
  }
  let o = i * stride + j;
  out[o]! += c00;
  out[o + 1]! += c01;
  out[o + 2]! += c02;
  out[o + 3]! += c03;
  o += stride;
  out[o]! += c10;
  out[o + 1]! += c11;
  out[o + 2]! += c12;
  out[o + 3]! += c13;
  o += stride;
  out[o]! += c20;
  out[o + 1]! += c21;
  out[o + 2]! += c22;
  out[o + 3]! += c23;
  o += stride;
  out[o]! += c30;
  out[o + 1]! += c31;
  out[o + 2]! += c32;
  out[o + 3]! += c33;
}
