/** A symmetric matrix as `Q·T·Qᵀ`: the tridiagonal `T`, and the reflectors whose product is `Q`. */
export interface Tridiagonalization {
  /** Diagonal of `T`, length n. */
  diagonal: Float64Array;
  /** Sub-diagonal of `T`: entry k couples k and k + 1; length n − 1. */
  offDiagonal: Float64Array;
  /** Row k holds the reflector of step k in columns 0 … k − 1; n × n, row-major. */
  reflectors: Float64Array;
  /** Reflector k is `I − tau[k]·v·vᵀ`. */
  tau: Float64Array;
}

/**
 * Reduces a symmetric matrix to tridiagonal form by Householder reflections, last row first.
 *
 * Each step updates the remaining matrix by a rank-two term and multiplies it by the next reflector. Both are done
 * in one sweep over the lower triangle, two rows at a time, because the sweep is bound by memory.
 *
 * @param matrix - Symmetric n × n, row-major; **overwritten** and returned as `reflectors`. Only the lower triangle is read.
 * @param size - n. Cost `4n³/3` operations.
 * @see Golub & Van Loan, Matrix Computations, 4th ed., §8.3.1.
 */
export function tridiagonalize(matrix: Float64Array, size: number): Tridiagonalization {
  const diagonal = new Float64Array(size);
  const offDiagonal = new Float64Array(Math.max(0, size - 1));
  const tau = new Float64Array(size);
  let v = new Float64Array(size);
  let next = new Float64Array(size);
  const w = new Float64Array(size);
  const p = new Float64Array(size);
  let pending = false;

  for (let k = size - 1; k >= 0; k--) {
    const row = k * size;
    if (pending) {
      const vk = v[k]!;
      const wk = w[k]!;
      for (let j = 0; j <= k; j++) matrix[row + j]! -= vk * w[j]! + wk * v[j]!;
    }
    diagonal[k] = matrix[row + k]!;
    if (k === 0) break;

    let square = 0;
    for (let j = 0; j < k - 1; j++) square += matrix[row + j]! ** 2;
    const alpha = matrix[row + k - 1]!;
    if (square === 0) {
      // The row is already in form: no reflection, but the pending update has still to reach the rows above.
      offDiagonal[k - 1] = alpha;
      matrix.fill(0, row, row + k);
      if (pending) sweep(matrix, size, k, v, w, next.fill(0), p.fill(0));
      pending = false;
      continue;
    }
    const beta = (alpha > 0 ? -1 : 1) * Math.sqrt(alpha * alpha + square);
    const inverse = 1 / (alpha - beta);
    for (let j = 0; j < k - 1; j++) next[j] = matrix[row + j]! * inverse;
    next[k - 1] = 1;
    offDiagonal[k - 1] = beta;
    const t = (beta - alpha) / beta;
    tau[k] = t;
    matrix.set(next.subarray(0, k), row);

    p.fill(0, 0, k);
    if (!pending) w.fill(0, 0, k);
    sweep(matrix, size, k, v, w, next, p);
    let overlap = 0;
    for (let j = 0; j < k; j++) overlap += p[j]! * next[j]!;
    const shift = 0.5 * t * t * overlap;
    for (let j = 0; j < k; j++) w[j] = t * p[j]! - shift * next[j]!;
    [v, next] = [next, v];
    pending = true;
  }
  return { diagonal, offDiagonal, reflectors: matrix, tau };
}

/** Over rows [0, k): `A ← A − v·wᵀ − w·vᵀ` on the lower triangle, and `p ← p + A·u` for the updated symmetric A. */
function sweep(
  a: Float64Array,
  size: number,
  k: number,
  v: Float64Array,
  w: Float64Array,
  u: Float64Array,
  p: Float64Array,
): void {
  let i = 0;
  for (; i + 1 < k; i += 2) {
    const r0 = i * size;
    const r1 = r0 + size;
    const v0 = v[i]!;
    const w0 = w[i]!;
    const u0 = u[i]!;
    const v1 = v[i + 1]!;
    const w1 = w[i + 1]!;
    const u1 = u[i + 1]!;
    let s0 = 0;
    let s1 = 0;
    for (let j = 0; j < i; j++) {
      const vj = v[j]!;
      const wj = w[j]!;
      const uj = u[j]!;
      const x0 = a[r0 + j]! - (v0 * wj + w0 * vj);
      const x1 = a[r1 + j]! - (v1 * wj + w1 * vj);
      a[r0 + j] = x0;
      a[r1 + j] = x1;
      s0 += x0 * uj;
      s1 += x1 * uj;
      p[j]! += x0 * u0 + x1 * u1;
    }
    const corner = a[r0 + i]! - 2 * v0 * w0;
    const side = a[r1 + i]! - (v1 * w0 + w1 * v0);
    const last = a[r1 + i + 1]! - 2 * v1 * w1;
    a[r0 + i] = corner;
    a[r1 + i] = side;
    a[r1 + i + 1] = last;
    p[i]! += s0 + corner * u0 + side * u1;
    p[i + 1]! += s1 + side * u0 + last * u1;
  }
  if (i < k) {
    const r = i * size;
    let s = 0;
    for (let j = 0; j < i; j++) {
      const x = a[r + j]! - (v[i]! * w[j]! + w[i]! * v[j]!);
      a[r + j] = x;
      s += x * u[j]!;
      p[j]! += x * u[i]!;
    }
    const corner = a[r + i]! - 2 * v[i]! * w[i]!;
    a[r + i] = corner;
    p[i]! += s + corner * u[i]!;
  }
}

/**
 * Multiplies the reflectors out to the orthogonal `Q` (columns belong to the columns of `T`).
 *
 * The application of one reflector and the inner products for the next share a sweep over the matrix.
 *
 * @returns n × n, row-major. Cost `4n³/3` operations.
 */
export function orthogonalFactor({ reflectors, tau }: Tridiagonalization, size: number): Float64Array {
  const q = new Float64Array(size * size);
  if (size > 0) q[0] = 1;
  const z = new Float64Array(size);
  const following = new Float64Array(size);
  // Reflector k acts on the leading k × k block, which the reflectors before it have filled.
  for (let k = 1; k < size; k++) {
    const v = reflectors.subarray(k * size, k * size + k);
    const u = k + 1 < size ? reflectors.subarray((k + 1) * size, (k + 1) * size + k + 1) : undefined;
    const t = tau[k]!;
    following.fill(0, 0, k + 1);
    for (let i = 0; i < k; i++) {
      const row = i * size;
      const tv = t * v[i]!;
      const ui = u === undefined ? 0 : u[i]!;
      for (let j = 0; j < k; j++) {
        const x = q[row + j]! - tv * z[j]!;
        q[row + j] = x;
        following[j]! += ui * x;
      }
    }
    q[k * size + k] = 1;
    following[k] = u === undefined ? 0 : u[k]!;
    z.set(following.subarray(0, k + 1));
  }
  return q;
}
