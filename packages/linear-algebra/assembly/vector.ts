// Products of matrices with vectors, as the Householder reduction needs them.

/**
 * Rows [from, to) of a symmetric matrix of which the lower triangle is read, times x: with them and their mirror image
 * in the columns, what they contribute to the product. Writes y[0 … to).
 */
export function multiplySymmetricRows(a: usize, row: usize, x: usize, y: usize, from: i32, to: i32): void {
  memory.fill(y, 0, <usize>to * 8);
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const r0 = a + <usize>i * row;
    const r1 = r0 + row;
    const r2 = r1 + row;
    const r3 = r2 + row;
    const at = x + <usize>i * 8;
    const x0 = v128.load_splat<f64>(at);
    const x1 = v128.load_splat<f64>(at, 8);
    const x2 = v128.load_splat<f64>(at, 16);
    const x3 = v128.load_splat<f64>(at, 24);
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let j: usize = 0;
    const end = <usize>(i & ~1) * 8;
    for (; j < end; j += 16) {
      const u = v128.load(x + j);
      const a0 = v128.load(r0 + j);
      const a1 = v128.load(r1 + j);
      const a2 = v128.load(r2 + j);
      const a3 = v128.load(r3 + j);
      s0 = f64x2.add(s0, f64x2.mul(a0, u));
      s1 = f64x2.add(s1, f64x2.mul(a1, u));
      s2 = f64x2.add(s2, f64x2.mul(a2, u));
      s3 = f64x2.add(s3, f64x2.mul(a3, u));
      const low = f64x2.add(f64x2.mul(a0, x0), f64x2.mul(a1, x1));
      const high = f64x2.add(f64x2.mul(a2, x2), f64x2.mul(a3, x3));
      v128.store(y + j, f64x2.add(v128.load(y + j), f64x2.add(low, high)));
    }
    add(y, i, sum(s0));
    add(y, i + 1, sum(s1));
    add(y, i + 2, sum(s2));
    add(y, i + 3, sum(s3));
    for (let k = i; k < i + 4; k++) oneRow(a + <usize>k * row, x, y, k, i & ~1);
  }
  for (; i < to; i++) oneRow(a + <usize>i * row, x, y, i, 0);
}

/** Columns [first, k) of row k, their mirror image, and the diagonal. */
function oneRow(row: usize, x: usize, y: usize, k: i32, first: i32): void {
  const own = f64.load(x + <usize>k * 8);
  let total = f64.load(row + <usize>k * 8) * own;
  for (let j = first; j < k; j++) {
    const value = f64.load(row + <usize>j * 8);
    total += value * f64.load(x + <usize>j * 8);
    add(y, j, value * own);
  }
  add(y, k, total);
}

function add(y: usize, k: i32, value: f64): void {
  const at = y + <usize>k * 8;
  f64.store(at, f64.load(at) + value);
}

function sum(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** Inner products of `count` rows with x, of which `length` entries count, into out. */
export function multiplyRows(a: usize, row: usize, count: i32, x: usize, length: i32, out: usize): void {
  const end = <usize>(length & ~1) * 8;
  for (let i = 0; i < count; i++) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let j: usize = 0;
    for (; j + 16 < end; j += 32) {
      s0 = f64x2.add(s0, f64x2.mul(v128.load(a + j), v128.load(x + j)));
      s1 = f64x2.add(s1, f64x2.mul(v128.load(a + j, 16), v128.load(x + j, 16)));
    }
    if (j < end) {
      s0 = f64x2.add(s0, f64x2.mul(v128.load(a + j), v128.load(x + j)));
      j += 16;
    }
    let total = sum(f64x2.add(s0, s1));
    if (length & 1) total += f64.load(a + j) * f64.load(x + j);
    f64.store(out + <usize>i * 8, total);
    a += row;
  }
}

/** `y ← y − Σᵢ weights[i]·row i`, over `length` entries; the weights lie `step` bytes apart. */
export function subtractRows(
  y: usize,
  a: usize,
  row: usize,
  count: i32,
  weights: usize,
  step: usize,
  length: i32,
): void {
  const end = <usize>(length & ~1) * 8;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const w0 = v128.load_splat<f64>(weights);
    const w1 = v128.load_splat<f64>(weights + step);
    const w2 = v128.load_splat<f64>(weights + 2 * step);
    const w3 = v128.load_splat<f64>(weights + 3 * step);
    const a1 = a + row;
    const a2 = a1 + row;
    const a3 = a2 + row;
    let j: usize = 0;
    for (; j < end; j += 16) {
      const low = f64x2.add(f64x2.mul(w0, v128.load(a + j)), f64x2.mul(w1, v128.load(a1 + j)));
      const high = f64x2.add(f64x2.mul(w2, v128.load(a2 + j)), f64x2.mul(w3, v128.load(a3 + j)));
      v128.store(y + j, f64x2.sub(v128.load(y + j), f64x2.add(low, high)));
    }
    if (length & 1) {
      const low = f64.load(weights) * f64.load(a + j) + f64.load(weights + step) * f64.load(a1 + j);
      const high = f64.load(weights + 2 * step) * f64.load(a2 + j) + f64.load(weights + 3 * step) * f64.load(a3 + j);
      f64.store(y + j, f64.load(y + j) - (low + high));
    }
    a += 4 * row;
    weights += 4 * step;
  }
  for (; i < count; i++) {
    const w = f64.load(weights);
    for (let j: usize = 0; j < <usize>length * 8; j += 8) f64.store(y + j, f64.load(y + j) - w * f64.load(a + j));
    a += row;
    weights += step;
  }
}
