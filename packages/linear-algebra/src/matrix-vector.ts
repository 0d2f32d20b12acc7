import { expectDimension, expectLength } from "./errors.js";
import type { Vector } from "./vector.js";

/**
 * The product `A·x` of a row-major matrix and a vector.
 *
 * @param a - `rows × columns`, row-major.
 * @param x - Length `columns`.
 * @returns Length `rows`. Cost `2·rows·columns` operations in one sweep over `a`, four rows at a time.
 * @throws LinearAlgebraError SHAPE_MISMATCH when a length does not fit.
 */
export function multiplyVector(a: Vector, x: Vector, rows: number, columns: number): Float64Array {
  expectDimension("multiplyVector", "rows", rows);
  expectDimension("multiplyVector", "columns", columns);
  expectLength("multiplyVector", `a [${rows} × ${columns}]`, a, rows * columns);
  expectLength("multiplyVector", "x", x, columns);
  const product = new Float64Array(rows);
  const whole = rows - (rows % 4);
  for (let i = 0; i < whole; i += 4) fourRows(a, x, product, i, columns);
  for (let i = whole; i < rows; i++) product[i] = oneRow(a, x, i * columns, columns);
  return product;
}

/** Even and odd columns are summed separately: independent sums keep the processor busy. */
function fourRows(a: Vector, x: Vector, product: Float64Array, i: number, columns: number): void {
  const r0 = i * columns;
  const r1 = r0 + columns;
  const r2 = r1 + columns;
  const r3 = r2 + columns;
  let [even0, even1, even2, even3] = [0, 0, 0, 0];
  let [odd0, odd1, odd2, odd3] = [0, 0, 0, 0];
  let j = 0;
  for (; j + 1 < columns; j += 2) {
    const u = x[j]!;
    const v = x[j + 1]!;
    even0 += a[r0 + j]! * u;
    even1 += a[r1 + j]! * u;
    even2 += a[r2 + j]! * u;
    even3 += a[r3 + j]! * u;
    odd0 += a[r0 + j + 1]! * v;
    odd1 += a[r1 + j + 1]! * v;
    odd2 += a[r2 + j + 1]! * v;
    odd3 += a[r3 + j + 1]! * v;
  }
  if (j < columns) {
    const u = x[j]!;
    even0 += a[r0 + j]! * u;
    even1 += a[r1 + j]! * u;
    even2 += a[r2 + j]! * u;
    even3 += a[r3 + j]! * u;
  }
  product[i] = even0 + odd0;
  product[i + 1] = even1 + odd1;
  product[i + 2] = even2 + odd2;
  product[i + 3] = even3 + odd3;
}

function oneRow(a: Vector, x: Vector, row: number, columns: number): number {
  let even = 0;
  let odd = 0;
  let j = 0;
  for (; j + 1 < columns; j += 2) {
    even += a[row + j]! * x[j]!;
    odd += a[row + j + 1]! * x[j + 1]!;
  }
  if (j < columns) even += a[row + j]! * x[j]!;
  return even + odd;
}

/**
 * The product `A·x` with a symmetric matrix, of which only half is read: for a large matrix, reading memory takes most of the time.
 *
 * @param a - `size × size`, row-major. Only the lower triangle is read.
 * @param x - Length `size`.
 * @returns Length `size`. Cost `2·size²` operations in one sweep over the lower triangle, four rows at a time.
 * @throws LinearAlgebraError SHAPE_MISMATCH when a length does not fit.
 */
export function multiplySymmetric(a: Vector, x: Vector, size: number): Float64Array {
  expectDimension("multiplySymmetric", "size", size);
  expectLength("multiplySymmetric", `a [${size} × ${size}]`, a, size * size);
  expectLength("multiplySymmetric", "x", x, size);
  const product = new Float64Array(size);
  const whole = size - (size % 4);
  for (let i = 0; i < whole; i += 4) {
    leftOfFour(a, x, product, i, size);
    for (let k = i; k < i + 4; k++) leftOfOne(a, x, product, k, i, size);
  }
  for (let k = whole; k < size; k++) leftOfOne(a, x, product, k, 0, size);
  return product;
}

/** Adds what the first i columns of rows i … i + 3, and their mirror image, contribute. */
function leftOfFour(a: Vector, x: Vector, product: Float64Array, i: number, size: number): void {
  const r0 = i * size;
  const r1 = r0 + size;
  const r2 = r1 + size;
  const r3 = r2 + size;
  const [x0, x1, x2, x3] = [x[i]!, x[i + 1]!, x[i + 2]!, x[i + 3]!];
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  for (let j = 0; j < i; j++) {
    const u = x[j]!;
    const a0 = a[r0 + j]!;
    const a1 = a[r1 + j]!;
    const a2 = a[r2 + j]!;
    const a3 = a[r3 + j]!;
    sum0 += a0 * u;
    sum1 += a1 * u;
    sum2 += a2 * u;
    sum3 += a3 * u;
    product[j]! += a0 * x0 + a1 * x1 + (a2 * x2 + a3 * x3);
  }
  product[i]! += sum0;
  product[i + 1]! += sum1;
  product[i + 2]! += sum2;
  product[i + 3]! += sum3;
}

/** Adds what columns [from, k) of row k, their mirror image, and the diagonal contribute. */
function leftOfOne(a: Vector, x: Vector, product: Float64Array, k: number, from: number, size: number): void {
  const row = k * size;
  const own = x[k]!;
  let sum = a[row + k]! * own;
  for (let j = from; j < k; j++) {
    const value = a[row + j]!;
    sum += value * x[j]!;
    product[j]! += value * own;
  }
  product[k]! += sum;
}
