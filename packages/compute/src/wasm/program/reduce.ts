import { f32, f32x4, i32, type Assembler, type Body, type Local } from "../assembler.js";

/** Rows summed by themselves before they join the total: keeps the rounding error of long sums small. */
const CHUNK_ROWS = 128;

/** Visits all columns in vectors, eight vectors at a time where there are that many, then the last lanes. */
export function eachVector(
  f: Body,
  columns: Local<"i32">,
  visit: (byteOffset: Local<"i32">, vectors: number, lanes: number) => void,
  widths: readonly number[] = [8, 4, 2, 1],
): void {
  const { offset, rest } = f.integers("offset", "rest");
  const step = (vectors: number, lanes: number): void => {
    visit(offset, vectors, lanes);
    f.set(offset, i32.add(offset, 16 * vectors));
    f.set(rest, i32.sub(rest, 4 * (vectors - 1) + lanes));
  };
  f.setInt(offset, 0);
  f.set(rest, columns);
  for (const vectors of widths) f.repeatWhile(i32.ge(rest, 4 * vectors), () => step(vectors, 4));
  for (let lanes = 1; lanes < 4; lanes++) f.when(i32.eq(rest, lanes), () => step(1, lanes));
}

/** Functions that sum. */
export function defineReduce(asm: Assembler): void {
  /** `to[b, j] = scale · Σ_i from[b, i, j]`; `scale` is given by its bits. */
  asm.define("sumColumns", ["from", "to", "batch", "rows", "columns", "scaleBits"], (f, p) => {
    const { n, first, row, until, at, start, rowBytes, target } = f.integers(
      ...(["n", "first", "row", "until", "at", "start", "rowBytes", "target"] as const),
    );
    const totals = Array.from({ length: 8 }, () => f.local("v128"));
    const sums = Array.from({ length: 8 }, () => f.local("v128"));
    const scale = f.local("v128");
    f.set(scale, f32x4.splat(f32.reinterpret(p.scaleBits)));
    f.set(rowBytes, i32.shl(p.columns, 2));
    f.loop(n, 0, p.batch, 1, () => {
      eachVector(f, p.columns, (offset, vectors, lanes) => {
        f.set(start, i32.add(p.from, offset));
        for (const total of totals.slice(0, vectors)) f.set(total, f32x4.zero);
        f.set(at, start);
        f.loop(first, 0, p.rows, CHUNK_ROWS, () => {
          for (const sum of sums.slice(0, vectors)) f.set(sum, f32x4.zero);
          f.minimum(until, i32.sub(p.rows, first), CHUNK_ROWS);
          f.loop(row, 0, until, 1, () => {
            sums
              .slice(0, vectors)
              .forEach((sum, v) => f.set(sum, f32x4.add(sum, f32x4.loadPartial(at, lanes, 16 * v))));
            f.set(at, i32.add(at, rowBytes));
          });
          totals.slice(0, vectors).forEach((total, v) => f.set(total, f32x4.add(total, sums[v]!)));
        });
        f.set(target, i32.add(p.to, offset));
        totals.slice(0, vectors).forEach((total, v) => f.storePartial(target, f32x4.mul(scale, total), lanes, 16 * v));
      });
      f.set(p.from, i32.add(p.from, i32.mul(p.rows, rowBytes)));
      f.set(p.to, i32.add(p.to, rowBytes));
    });
  });

  /** `to[i] = scale · Σ_j from[i, j]`; `scale` is given by its bits. */
  asm.define("sumRows", ["from", "to", "rows", "columns", "scaleBits"], (f, p) => {
    const { row, first, step, until, at } = f.integers("row", "first", "step", "until", "at");
    const totals = Array.from({ length: 4 }, () => f.local("v128"));
    const sums = Array.from({ length: 4 }, () => f.local("v128"));
    const { rest } = f.integers("rest");
    const total = totals[0]!;
    f.set(at, p.from);
    f.loop(row, 0, p.rows, 1, () => {
      for (const each of totals) f.set(each, f32x4.zero);
      f.loop(first, 0, i32.and(p.columns, -16), 16 * CHUNK_ROWS, () => {
        for (const sum of sums) f.set(sum, f32x4.zero);
        f.minimum(until, i32.sub(i32.and(p.columns, -16), first), 16 * CHUNK_ROWS);
        f.loop(step, 0, until, 16, () => {
          sums.forEach((sum, v) => f.set(sum, f32x4.add(sum, f32x4.load(at, 16 * v))));
          f.set(at, i32.add(at, 64));
        });
        totals.forEach((each, v) => f.set(each, f32x4.add(each, sums[v]!)));
      });
      f.set(total, f32x4.add(f32x4.add(total, totals[1]!), f32x4.add(totals[2]!, totals[3]!)));
      f.set(rest, i32.and(p.columns, 15));
      f.repeatWhile(i32.ge(rest, 4), () => {
        f.set(total, f32x4.add(total, f32x4.load(at)));
        f.set(at, i32.add(at, 16));
        f.set(rest, i32.sub(rest, 4));
      });
      for (let lanes = 1; lanes < 4; lanes++) {
        f.when(i32.eq(rest, lanes), () => {
          f.set(total, f32x4.add(total, f32x4.loadPartial(at, lanes)));
          f.set(at, i32.add(at, 4 * lanes));
        });
      }
      const lane = (index: number) => f32x4.lane(total, index);
      const sum = f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3)));
      f.store(p.to, f32.mul(sum, f32.reinterpret(p.scaleBits)));
      f.set(p.to, i32.add(p.to, 4));
    });
  });

  /** Adds row i of `from [rows, columns]` to row `segments[i]` of `to`; rows without such a segment are dropped. */
  asm.define("addToSegments", ["from", "segments", "to", "rows", "columns", "count"], (f, p) => {
    const { row, segment, target, source, rowBytes } = f.integers("row", "segment", "target", "source", "rowBytes");
    f.set(rowBytes, i32.shl(p.columns, 2));
    f.loop(row, 0, p.rows, 1, () => {
      f.set(segment, i32.load(i32.add(p.segments, i32.shl(row, 2))));
      f.when(i32.lt(segment, p.count), () => {
        eachVector(f, p.columns, (offset, vectors, lanes) => {
          f.set(source, i32.add(p.from, offset));
          f.set(target, i32.add(i32.add(p.to, i32.mul(segment, rowBytes)), offset));
          for (let v = 0; v < vectors; v++) {
            const sum = f32x4.add(f32x4.loadPartial(target, lanes, 16 * v), f32x4.loadPartial(source, lanes, 16 * v));
            f.storePartial(target, sum, lanes, 16 * v);
          }
        });
      });
      f.set(p.from, i32.add(p.from, rowBytes));
    });
  });

  /** `to[i, j] = max(floor, from[i, j] + row[j])`; `floor` is given by its bits. In place where `to` is `from`. */
  asm.define("addRow", ["from", "row", "to", "rows", "columns", "floorBits"], (f, p) => {
    const { n, at, rowAt, target } = f.integers("n", "at", "rowAt", "target");
    const floor = f.local("v128");
    f.set(floor, f32x4.splat(f32.reinterpret(p.floorBits)));
    f.loop(n, 0, p.rows, 1, () => {
      eachVector(f, p.columns, (offset, vectors, lanes) => {
        f.set(at, i32.add(p.from, offset));
        f.set(rowAt, i32.add(p.row, offset));
        f.set(target, i32.add(p.to, offset));
        for (let v = 0; v < vectors; v++) {
          const sum = f32x4.add(f32x4.loadPartial(at, lanes, 16 * v), f32x4.loadPartial(rowAt, lanes, 16 * v));
          f.storePartial(target, f32x4.max(floor, sum), lanes, 16 * v);
        }
      });
      f.set(p.from, i32.add(p.from, i32.shl(p.columns, 2)));
      f.set(p.to, i32.add(p.to, i32.shl(p.columns, 2)));
    });
  });
}
