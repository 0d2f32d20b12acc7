import { expectLength } from "./errors.js";

/** Vectors are read from any float array and accumulated in double precision. */
export type Vector = Float64Array | Float32Array;

/**
 * The inner product `Σ xᵢyᵢ`, summed in double precision with four interleaved partial sums.
 *
 * @param x - Length n.
 * @param y - Length n.
 * @throws LinearAlgebraError SHAPE_MISMATCH when the lengths differ.
 */
export function dot(x: Vector, y: Vector): number {
  expectLength("dot", "y", y, x.length);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = x.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    s0 += x[i]! * y[i]!;
    s1 += x[i + 1]! * y[i + 1]!;
    s2 += x[i + 2]! * y[i + 2]!;
    s3 += x[i + 3]! * y[i + 3]!;
  }
  for (let i = whole; i < x.length; i++) s0 += x[i]! * y[i]!;
  return s0 + s1 + (s2 + s3);
}

/**
 * The Euclidean norm `√(Σ xᵢ²)`; of a matrix given flat, its Frobenius norm.
 * Entries beyond about 1e±150 are rescaled, so nothing overflows or vanishes.
 */
export function norm(x: Vector): number {
  const square = dot(x, x);
  if (square > 1e-280 && square < 1e280) return Math.sqrt(square);
  let scale = 0;
  for (const value of x) {
    if (Number.isNaN(value)) return NaN;
    scale = Math.max(scale, Math.abs(value));
  }
  if (scale === 0 || scale === Infinity) return scale;
  let sum = 0;
  for (const value of x) sum += (value / scale) ** 2;
  return scale * Math.sqrt(sum);
}

/**
 * Adds `a·x` to `y` in place and returns `y`.
 *
 * @throws LinearAlgebraError SHAPE_MISMATCH when the lengths differ.
 */
export function axpy<V extends Vector>(a: number, x: Vector, y: V): V {
  expectLength("axpy", "y", y, x.length);
  for (let i = 0; i < x.length; i++) y[i]! += a * x[i]!;
  return y;
}

/** Multiplies `x` by `a` in place and returns `x`. */
export function scale<V extends Vector>(a: number, x: V): V {
  for (let i = 0; i < x.length; i++) x[i]! *= a;
  return x;
}
