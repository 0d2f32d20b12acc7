// Products of Float64 matrices by packed panels [Goto & van de Geijn (2008), ACM TOMS 34(3)]; AssemblyScript, compiled by compile.mjs.

import { COLUMNS, DEPTH, ROWS, scratch } from "./scratch";

/**
 * `out ← mode·out ± A·Bᵀ` for a tile: `rows × inner` entries of A and `columns × inner` of B at the given strides, in bytes.
 * Mode 0 sets, 1 adds, −1 subtracts. Each entry is the sum over blocks of DEPTH of sums in order: however tiles are chosen, the bits
 * are the same.
 */
export function multiplyTile(
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bColumn: usize,
  out: usize,
  outRow: usize,
  rows: i32,
  columns: i32,
  inner: i32,
  mode: i32,
): void {
  const left = scratch;
  const right = scratch + 8 * DEPTH * ROWS;
  if (inner === 0 && mode === 0)
    for (let i = 0; i < rows; i++) memory.fill(out + <usize>i * outRow, 0, <usize>columns * 8);
  for (let depth = 0; depth < inner; depth += DEPTH) {
    const length = min(DEPTH, inner - depth);
    const how = depth === 0 ? mode : mode === -1 ? -1 : 1;
    for (let j = 0; j < columns; j += COLUMNS) {
      const width = min(COLUMNS, columns - j);
      pack(b + <usize>j * bRow + <usize>depth * bColumn, bRow, bColumn, width, length, right);
      for (let i = 0; i < rows; i += ROWS) {
        const height = min(ROWS, rows - i);
        pack(a + <usize>i * aRow + <usize>depth * aColumn, aRow, aColumn, height, length, left);
        panel(left, right, out + <usize>i * outRow + 8 * <usize>j, outRow, height, width, length, how);
      }
    }
  }
}

/** Copies rows four at a time, entry by entry beside each other; missing rows are zero. */
function pack(from: usize, row: usize, column: usize, rows: i32, length: i32, to: usize): void {
  for (let i = 0; i < rows; i += 4) {
    const height = rows - i;
    let r0 = from + <usize>i * row;
    if (height >= 4 && column === 8) {
      let r1 = r0 + row;
      let r2 = r1 + row;
      let r3 = r2 + row;
      let k = 0;
      for (; k + 1 < length; k += 2) {
        const x0 = v128.load(r0);
        const x1 = v128.load(r1);
        const x2 = v128.load(r2);
        const x3 = v128.load(r3);
        v128.store(to, v128.shuffle<f64>(x0, x1, 0, 2));
        v128.store(to, v128.shuffle<f64>(x2, x3, 0, 2), 16);
        v128.store(to, v128.shuffle<f64>(x0, x1, 1, 3), 32);
        v128.store(to, v128.shuffle<f64>(x2, x3, 1, 3), 48);
        r0 += 16;
        r1 += 16;
        r2 += 16;
        r3 += 16;
        to += 64;
      }
      if (k < length) {
        f64.store(to, f64.load(r0));
        f64.store(to, f64.load(r1), 8);
        f64.store(to, f64.load(r2), 16);
        f64.store(to, f64.load(r3), 24);
        to += 32;
      }
    } else if (height >= 4 && row === 8) {
      for (let k = 0; k < length; k++) {
        v128.store(to, v128.load(r0));
        v128.store(to, v128.load(r0, 16), 16);
        r0 += column;
        to += 32;
      }
    } else {
      for (let k = 0; k < length; k++) {
        for (let r = 0; r < 4; r++) f64.store(to + 8 * r, r < height ? f64.load(r0 + <usize>r * row) : 0);
        r0 += column;
        to += 32;
      }
    }
  }
}

function panel(
  left: usize,
  right: usize,
  out: usize,
  outRow: usize,
  rows: i32,
  columns: i32,
  length: i32,
  mode: i32,
): void {
  const corner = scratch + 8 * DEPTH * (ROWS + COLUMNS);
  const step = <usize>length * 32;
  for (let j = 0; j < columns; j += 4) {
    const b = right + <usize>(j >> 2) * step;
    for (let i = 0; i < rows; i += 4) {
      const a = left + <usize>(i >> 2) * step;
      const at = out + <usize>i * outRow + 8 * <usize>j;
      if (rows - i >= 4 && columns - j >= 4) sixteen(a, b, length, at, outRow, mode);
      else {
        sixteen(a, b, length, corner, 32, 0);
        for (let r = 0; r < min(4, rows - i); r++)
          for (let c = 0; c < min(4, columns - j); c++) {
            const to = at + <usize>r * outRow + 8 * c;
            const value = f64.load(corner + 32 * r + 8 * c);
            f64.store(to, mode === 0 ? value : mode === 1 ? f64.load(to) + value : f64.load(to) - value);
          }
      }
    }
  }
}

/** Sixteen inner products at once: eight registers of sums. */
function sixteen(a: usize, b: usize, length: i32, out: usize, outRow: usize, mode: i32): void {
  let c00 = f64x2.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  for (let k = 0; k < length; k++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load_splat<f64>(a);
    c00 = added(c00, x, b0);
    c01 = added(c01, x, b1);
    x = v128.load_splat<f64>(a, 8);
    c10 = added(c10, x, b0);
    c11 = added(c11, x, b1);
    x = v128.load_splat<f64>(a, 16);
    c20 = added(c20, x, b0);
    c21 = added(c21, x, b1);
    x = v128.load_splat<f64>(a, 24);
    c30 = added(c30, x, b0);
    c31 = added(c31, x, b1);
    a += 32;
    b += 32;
  }
  put(out, c00, c01, mode);
  out += outRow;
  put(out, c10, c11, mode);
  out += outRow;
  put(out, c20, c21, mode);
  out += outRow;
  put(out, c30, c31, mode);
}

/** `sum + x·y`: rounded once where the module may fuse, twice elsewhere. */
function added(sum: v128, x: v128, y: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f64x2.relaxed_madd(x, y, sum) : f64x2.add(sum, f64x2.mul(x, y));
}

function put(to: usize, x: v128, y: v128, mode: i32): void {
  if (mode === 0) {
    v128.store(to, x);
    v128.store(to, y, 16);
  } else if (mode === 1) {
    v128.store(to, f64x2.add(v128.load(to), x));
    v128.store(to, f64x2.add(v128.load(to, 16), y), 16);
  } else {
    v128.store(to, f64x2.sub(v128.load(to), x));
    v128.store(to, f64x2.sub(v128.load(to, 16), y), 16);
  }
}
