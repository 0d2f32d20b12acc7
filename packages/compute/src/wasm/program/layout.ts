import { f32, f32x4, i32, type Assembler, type V128 } from "../assembler.js";

/** Rows transposed together: their cache lines stay while one after the other of the result's is written. */
const STRIP_ROWS = 8;

/** Functions that move numbers without changing them. */
export function defineLayout(asm: Assembler): void {
  /** `to[b, j, i] = from[b, i, j]` for `batch` matrices of `rows` × `columns`, four by four. */
  asm.define("transpose", ["from", "to", "batch", "rows", "columns"], (f, p) => {
    const { n, i, j, source, target, fromRow, toRow, bytes } = f.integers(
      ...(["n", "i", "j", "source", "target", "fromRow", "toRow", "bytes"] as const),
    );
    const { from, to, at } = f.integers("from", "to", "at");
    const rows = [0, 1, 2, 3].map(() => f.local("v128"));
    const [ab0, ab1, cd0, cd1] = [0, 1, 2, 3].map(() => f.local("v128"));
    f.set(fromRow, i32.shl(p.columns, 2));
    f.set(toRow, i32.shl(p.rows, 2));
    f.set(bytes, i32.mul(fromRow, p.rows));
    f.set(from, p.from);
    f.set(to, p.to);

    /** Transposes the block at row i, column j; absent rows and columns are neither read nor written. */
    const block = (height: number, width: number): void => {
      f.set(source, i32.add(from, i32.add(i32.mul(i, fromRow), i32.shl(j, 2))));
      f.set(target, i32.add(to, i32.add(i32.mul(j, toRow), i32.shl(i, 2))));
      f.set(at, source);
      rows.forEach((row, r) => {
        if (r > 0 && r < height) f.set(at, i32.add(at, fromRow));
        f.set(row, r < height ? f32x4.loadPartial(at, width) : f32x4.zero);
      });
      f.set(ab0!, f32x4.shuffle(rows[0]!, rows[1]!, [0, 4, 1, 5]));
      f.set(ab1!, f32x4.shuffle(rows[0]!, rows[1]!, [2, 6, 3, 7]));
      f.set(cd0!, f32x4.shuffle(rows[2]!, rows[3]!, [0, 4, 1, 5]));
      f.set(cd1!, f32x4.shuffle(rows[2]!, rows[3]!, [2, 6, 3, 7]));
      const columns: V128[] = [
        f32x4.shuffle(ab0!, cd0!, [0, 1, 4, 5]),
        f32x4.shuffle(ab0!, cd0!, [2, 3, 6, 7]),
        f32x4.shuffle(ab1!, cd1!, [0, 1, 4, 5]),
        f32x4.shuffle(ab1!, cd1!, [2, 3, 6, 7]),
      ];
      columns.slice(0, width).forEach((column, c) => {
        if (c > 0) f.set(target, i32.add(target, toRow));
        f.storePartial(target, column, height);
      });
    };
    const { first, until, left } = f.integers("first", "until", "left");
    /** Transposes rows `first` to `until`, all columns. */
    const strip = (height: number): void => {
      const blocks = (width: number): void => f.loop(i, first, until, 4, () => block(height, width));
      f.loop(j, 0, i32.and(p.columns, -4), 4, () => blocks(4));
      f.set(left, i32.and(p.columns, 3));
      for (let width = 1; width < 4; width++) f.when(i32.eq(left, width), () => blocks(width));
    };
    f.loop(n, 0, p.batch, 1, () => {
      f.loop(first, 0, i32.and(p.rows, -4), STRIP_ROWS, () => {
        f.minimum(until, i32.add(first, STRIP_ROWS), i32.and(p.rows, -4));
        strip(4);
      });
      f.set(first, i32.and(p.rows, -4));
      f.set(until, p.rows);
      for (let height = 1; height < 4; height++) f.when(i32.eq(i32.and(p.rows, 3), height), () => strip(height));
      f.set(from, i32.add(from, bytes));
      f.set(to, i32.add(to, bytes));
    });
  });

  /** Copies `count2` runs of `bytes` bytes, `count1` times, each loop with its own stride on both sides. */
  asm.define(
    "copyRuns",
    ["from", "fromStride1", "fromStride2", "to", "toStride1", "toStride2", "count1", "count2", "bytes"],
    (f, p) => {
      const { i, j, from, to } = f.integers("i", "j", "from", "to");
      f.loop(i, 0, p.count1, 1, () => {
        f.set(from, p.from);
        f.set(to, p.to);
        f.loop(j, 0, p.count2, 1, () => {
          f.copy(to, from, p.bytes);
          f.set(from, i32.add(from, p.fromStride2));
          f.set(to, i32.add(to, p.toStride2));
        });
        f.set(p.from, i32.add(p.from, p.fromStride1));
        f.set(p.to, i32.add(p.to, p.toStride1));
      });
    },
  );

  /** Zeroes memory. */
  asm.define("clear", ["at", "bytes"], (f, p) => f.clear(p.at, p.bytes));

  /** Packs a matrix [depth, columns] (rows `rowBytes` apart) into panels of eight columns, the last one narrower. */
  asm.define("packPanels", ["from", "rowBytes", "to", "depth", "columns"], (f, p) => {
    const { d, source, rest } = f.integers("d", "source", "rest");
    const pack = (lanes: number): void => {
      f.set(source, p.from);
      f.loop(d, 0, p.depth, 1, () => {
        for (let v = 0; 4 * v < lanes; v++) {
          f.storePartial(p.to, f32x4.loadPartial(source, Math.min(4, lanes - 4 * v), 16 * v), 4, 16 * v);
        }
        f.set(source, i32.add(source, p.rowBytes));
        f.set(p.to, i32.add(p.to, 32));
      });
      f.set(p.from, i32.add(p.from, 32));
      f.set(rest, i32.sub(rest, lanes));
    };
    f.set(rest, p.columns);
    f.repeatWhile(i32.ge(rest, 8), () => pack(8));
    for (let lanes = 1; lanes < 8; lanes++) f.when(i32.eq(rest, lanes), () => pack(lanes));
  });

  /** Writes each of `count` numbers `times` times in a row. */
  asm.define("repeat", ["from", "to", "count", "times"], (f, p) => {
    const { i, j } = f.integers("i", "j");
    f.loop(i, 0, p.count, 1, () => {
      f.loop(j, 0, p.times, 1, () => {
        f.store(p.to, f32.load(p.from));
        f.set(p.to, i32.add(p.to, 4));
      });
      f.set(p.from, i32.add(p.from, 4));
    });
  });
}
