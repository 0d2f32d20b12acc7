// As product.ts with operands rounded to Float32: twice as many entries per register. Sums over DEPTH terms are in Float32, their
// sum over blocks in Float64.

import { COLUMNS, DEPTH, ROWS, scratch } from "./scratch";

/** As multiplyTile, in single precision, and always setting. */
export function multiplyTileSingle(
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
): void {
  const left = scratch;
  const right = scratch + 8 * DEPTH * ROWS;
  for (let i = 0; i < rows; i++) memory.fill(out + <usize>i * outRow, 0, <usize>columns * 8);
  for (let depth = 0; depth < inner; depth += DEPTH) {
    const length = min(DEPTH, inner - depth);
    for (let j = 0; j < columns; j += COLUMNS) {
      const width = min(COLUMNS, columns - j);
      for (let p = 0; p < width; p += 8)
        pack(
          b + <usize>(j + p) * bRow + <usize>depth * bColumn,
          bRow,
          bColumn,
          width - p,
          8,
          length,
          right + <usize>(p * length * 4),
        );
      for (let i = 0; i < rows; i += ROWS) {
        const height = min(ROWS, rows - i);
        for (let p = 0; p < height; p += 4)
          pack(
            a + <usize>(i + p) * aRow + <usize>depth * aColumn,
            aRow,
            aColumn,
            height - p,
            4,
            length,
            left + <usize>(p * length * 4),
          );
        panel(left, right, out + <usize>i * outRow + <usize>j * 8, outRow, height, width, length);
      }
    }
  }
}

/** Copies `lanes` rows, entry by entry beside each other; rows beyond `rows` are zero. */
function pack(from: usize, row: usize, column: usize, rows: i32, lanes: i32, length: i32, to: usize): void {
  const step = <usize>lanes * 4;
  for (let r = 0; r < lanes; r += 4) {
    let r0 = from + <usize>r * row;
    let at = to + <usize>r * 4;
    if (rows - r >= 4 && column === 8) {
      let r1 = r0 + row;
      let r2 = r1 + row;
      let r3 = r2 + row;
      let k = 0;
      for (; k + 1 < length; k += 2) {
        const x0 = v128.load(r0);
        const x1 = v128.load(r1);
        const x2 = v128.load(r2);
        const x3 = v128.load(r3);
        const low = f32x4.demote_f64x2_zero(v128.shuffle<f64>(x0, x1, 0, 2));
        const high = f32x4.demote_f64x2_zero(v128.shuffle<f64>(x2, x3, 0, 2));
        v128.store(at, v128.shuffle<f64>(low, high, 0, 2));
        const lowNext = f32x4.demote_f64x2_zero(v128.shuffle<f64>(x0, x1, 1, 3));
        const highNext = f32x4.demote_f64x2_zero(v128.shuffle<f64>(x2, x3, 1, 3));
        v128.store(at + step, v128.shuffle<f64>(lowNext, highNext, 0, 2));
        r0 += 16;
        r1 += 16;
        r2 += 16;
        r3 += 16;
        at += 2 * step;
      }
      if (k < length) {
        f32.store(at, <f32>f64.load(r0));
        f32.store(at, <f32>f64.load(r1), 4);
        f32.store(at, <f32>f64.load(r2), 8);
        f32.store(at, <f32>f64.load(r3), 12);
      }
    } else {
      for (let k = 0; k < length; k++) {
        for (let q = 0; q < 4; q++) f32.store(at + <usize>q * 4, r + q < rows ? <f32>f64.load(r0 + <usize>q * row) : 0);
        r0 += column;
        at += step;
      }
    }
  }
}

function panel(left: usize, right: usize, out: usize, outRow: usize, rows: i32, columns: i32, length: i32): void {
  const corner = scratch + 8 * DEPTH * (ROWS + COLUMNS);
  for (let j = 0; j < columns; j += 8) {
    const b = right + <usize>(j * length * 4);
    for (let i = 0; i < rows; i += 4) {
      const a = left + <usize>(i * length * 4);
      const at = out + <usize>i * outRow + <usize>j * 8;
      if (rows - i >= 4 && columns - j >= 8) thirtyTwo(a, b, length, at, outRow);
      else {
        memory.fill(corner, 0, 256);
        thirtyTwo(a, b, length, corner, 64);
        for (let r = 0; r < min(4, rows - i); r++)
          for (let c = 0; c < min(8, columns - j); c++) {
            const to = at + <usize>r * outRow + <usize>c * 8;
            f64.store(to, f64.load(to) + f64.load(corner + <usize>(64 * r + 8 * c)));
          }
      }
    }
  }
}

/** Thirty-two inner products at once: eight registers of sums. */
function thirtyTwo(a: usize, b: usize, length: i32, out: usize, outRow: usize): void {
  let c00 = f32x4.splat(0);
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
    let x = v128.load_splat<f32>(a);
    c00 = added(c00, x, b0);
    c01 = added(c01, x, b1);
    x = v128.load_splat<f32>(a, 4);
    c10 = added(c10, x, b0);
    c11 = added(c11, x, b1);
    x = v128.load_splat<f32>(a, 8);
    c20 = added(c20, x, b0);
    c21 = added(c21, x, b1);
    x = v128.load_splat<f32>(a, 12);
    c30 = added(c30, x, b0);
    c31 = added(c31, x, b1);
    a += 16;
    b += 32;
  }
  add(out, c00, c01);
  out += outRow;
  add(out, c10, c11);
  out += outRow;
  add(out, c20, c21);
  out += outRow;
  add(out, c30, c31);
}

/** As in product.ts. */
function added(sum: v128, x: v128, y: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, y, sum) : f32x4.add(sum, f32x4.mul(x, y));
}

function add(to: usize, x: v128, y: v128): void {
  addFour(to, x);
  addFour(to + 32, y);
}

function addFour(to: usize, x: v128): void {
  v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(x)));
  const high = v128.shuffle<f64>(x, x, 1, 1);
  v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(high)), 16);
}
