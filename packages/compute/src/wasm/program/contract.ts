import { f32x4, i32, type Assembler, type Body, type Int, type Local, type V128 } from "../assembler.js";

/** Columns of one register tile. Four rows of two vectors keep both arithmetic ports busy without spilling. */
export const TILE_COLUMNS = 8;
export const TILE_ROWS = 4;

/**
 * Blocks of a product of matrices: two packed panels of `b` stay in the first-level cache while the rows of a block
 * pass, and those rows of `a` in the second-level cache while all panels pass.
 */
const BLOCK_ROWS = 256;
const BLOCK_DEPTH = 256;
/** From this many rows on, packing is faster. */
const PACKING_ROWS = 2 * TILE_ROWS;
/** Memory that `multiply` packs into. */
export const PACKED_BYTES = 2 * BLOCK_DEPTH * 4 * TILE_COLUMNS;

/**
 * One panel: `c[m, 0…width) (+)= Σ_d a[m, d] b[d, 0…width)` for `rows` rows, everything addressed by byte strides.
 *
 * The depth d runs over three nested loops, each with its own stride in `a`; `b` advances by `bRow` at every step.
 * That is a matrix product (one loop), a convolution (kernel row, kernel column, channel) and the gradient of a
 * convolution's kernel (image row, image column) alike.
 */
const PANEL = [
  ...(["a", "aRow", "count1", "stride1", "count2", "stride2", "count3", "stride3"] as const),
  ...(["b", "bRow", "c", "cRow", "rows", "accumulate"] as const),
] as const;
type PanelParameters = Record<(typeof PANEL)[number], Local<"i32">>;

type MultiplyAdd = (a: V128, b: V128, c: V128) => V128;
const inTwoSteps: MultiplyAdd = (a, b, c) => f32x4.add(c, f32x4.mul(a, b));

/** The register tile of `rows` × `width` whose first row is at `a` and `c`. */
function tile(
  f: Body,
  p: PanelParameters,
  a: Local<"i32">,
  c: Local<"i32">,
  rows: number,
  width: number,
  multiplyAdd: MultiplyAdd,
): void {
  const { k1, k2, k3, a1, a2, b, at } = f.integers("k1", "k2", "k3", "a1", "a2", "b", "at");
  const vectors = Math.ceil(width / 4);
  const lanes = (v: number): number => Math.min(4, width - 4 * v);
  const factors = Array.from({ length: rows }, () => f.local("i32"));
  const columns = Array.from({ length: vectors }, () => f.local("v128"));
  const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local("v128")));
  const factor = f.local("v128");
  const visitSums = (visit: (sum: Local<"v128">, v: number) => void): void => {
    f.set(at, c);
    sums.forEach((row, r) => {
      if (r > 0) f.set(at, i32.add(at, p.cRow));
      row.forEach(visit);
    });
  };

  for (const sum of sums.flat()) f.set(sum, f32x4.zero);
  f.set(a1, a);
  f.set(b, p.b);
  f.loop(k1, 0, p.count1, 1, () => {
    f.set(a2, a1);
    f.loop(k2, 0, p.count2, 1, () => {
      factors.forEach((pointer, r) => f.set(pointer, r === 0 ? a2 : i32.add(factors[r - 1]!, p.aRow)));
      f.loop(k3, 0, p.count3, 1, () => {
        columns.forEach((column, v) => f.set(column, f32x4.loadPartial(b, lanes(v), 16 * v)));
        sums.forEach((row, r) => {
          f.set(factor, f32x4.loadSplat(factors[r]!));
          row.forEach((sum, v) => f.set(sum, multiplyAdd(factor, columns[v]!, sum)));
        });
        for (const pointer of factors) f.set(pointer, i32.add(pointer, p.stride3));
        f.set(b, i32.add(b, p.bRow));
      });
      f.set(a2, i32.add(a2, p.stride2));
    });
    f.set(a1, i32.add(a1, p.stride1));
  });
  // Earlier sums join at the end: that rounds less than to start from them.
  f.when(p.accumulate, () =>
    visitSums((sum, v) => f.set(sum, f32x4.add(sum, f32x4.loadPartial(at, lanes(v), 16 * v)))),
  );
  visitSums((sum, v) => f.storePartial(at, sum, lanes(v), 16 * v));
}

function definePanel(asm: Assembler, width: number, tileRows: number, multiplyAdd: MultiplyAdd): void {
  asm.define(`panel${width}`, PANEL, (f, p) => {
    const { a, c, rest } = f.integers("a", "c", "rest");
    f.set(a, p.a);
    f.set(c, p.c);
    f.set(rest, p.rows);
    const step = (rows: number): void => {
      tile(f, p, a, c, rows, width, multiplyAdd);
      f.set(a, i32.add(a, i32.mul(p.aRow, rows)));
      f.set(c, i32.add(c, i32.mul(p.cRow, rows)));
      f.set(rest, i32.sub(rest, rows));
    };
    f.repeatWhile(i32.ge(rest, tileRows), () => step(tileRows));
    for (let rows = tileRows - 1; rows > 0; rows--) f.when(i32.eq(rest, rows), () => step(rows));
  });
}

/**
 * A contraction of all columns, repeated: for each panel of columns, for each `i` below `outer1` and `j` below
 * `outer2`, one panel at `a + i·aOuter1 + j·aOuter2` (and likewise in `b` and `c`).
 * Neighbouring panels are `bPanel` bytes apart in `b` (for eight columns) and neighbours in `c`.
 */
const CONTRACT = [
  ...(["a", "aOuter1", "aOuter2", "aRow", "count1", "stride1", "count2", "stride2", "count3", "stride3"] as const),
  ...(["b", "bOuter1", "bOuter2", "bRow", "bPanel", "c", "cOuter1", "cOuter2", "cRow"] as const),
  ...(["rows", "columns", "outer1", "outer2", "accumulate"] as const),
] as const;

/** A contraction by name; strides in bytes. */
export type Contraction = Record<(typeof CONTRACT)[number], number>;

/** The arguments of `contract`, in order. */
export const CONTRACTION_ORDER: readonly (keyof Contraction)[] = CONTRACT;

const PRODUCT = ["a", "aRow", "aDepth", "b", "c", "rowBytes", "rows", "columns", "depth", "packed"] as const;

/** A product of two matrices at addresses, strides in bytes. */
export type Product = Record<(typeof PRODUCT)[number], number>;

/** The arguments of `multiply`, in order. */
export const PRODUCT_ORDER: readonly (keyof Product)[] = PRODUCT;

/**
 * Adds `contract` and the functions it consists of.
 *
 * @param relaxed - Whether to multiply and add in one instruction, a quarter faster if the engine has it.
 */
export function defineContract(asm: Assembler, relaxed: boolean): void {
  const multiplyAdd = relaxed ? f32x4.multiplyAdd : inTwoSteps;
  for (let width = 1; width <= TILE_COLUMNS; width++) definePanel(asm, width, TILE_ROWS, multiplyAdd);
  // One or two rows alone would starve the ports: they take wider panels, which also read whole cache lines of b.
  definePanel(asm, 2 * TILE_COLUMNS, 2, multiplyAdd);
  definePanel(asm, 4 * TILE_COLUMNS, 1, multiplyAdd);

  asm.define("contract", CONTRACT, (f, p) => {
    const { i, j, b, c, rest } = f.integers("i", "j", "b", "c", "rest");
    const outer = f.integers("a", "b", "c");
    const inner = f.integers("a", "b", "c");
    const panels = (width: number): void => {
      f.set(outer.a, p.a);
      f.set(outer.b, b);
      f.set(outer.c, c);
      f.loop(i, 0, p.outer1, 1, () => {
        f.set(inner.a, outer.a);
        f.set(inner.b, outer.b);
        f.set(inner.c, outer.c);
        f.loop(j, 0, p.outer2, 1, () => {
          const values: Record<(typeof PANEL)[number], Int> = { ...p, ...inner };
          f.call(`panel${width}`, ...PANEL.map((name) => values[name]));
          f.set(inner.a, i32.add(inner.a, p.aOuter2));
          f.set(inner.b, i32.add(inner.b, p.bOuter2));
          f.set(inner.c, i32.add(inner.c, p.cOuter2));
        });
        f.set(outer.a, i32.add(outer.a, p.aOuter1));
        f.set(outer.b, i32.add(outer.b, p.bOuter1));
        f.set(outer.c, i32.add(outer.c, p.cOuter1));
      });
      f.set(b, i32.add(b, i32.mul(p.bPanel, Math.ceil(width / TILE_COLUMNS))));
      f.set(c, i32.add(c, 4 * width));
      f.set(rest, i32.sub(rest, width));
    };
    f.set(b, p.b);
    f.set(c, p.c);
    f.set(rest, p.columns);
    const unpacked = i32.eq(p.bPanel, 4 * TILE_COLUMNS);
    for (const [width, rows] of [
      [4 * TILE_COLUMNS, 1],
      [2 * TILE_COLUMNS, 2],
    ] as const) {
      f.when(i32.and(unpacked, i32.eq(p.rows, rows)), () => f.repeatWhile(i32.ge(rest, width), () => panels(width)));
    }
    f.repeatWhile(i32.ge(rest, TILE_COLUMNS), () => panels(TILE_COLUMNS));
    for (let width = TILE_COLUMNS - 1; width > 0; width--) f.when(i32.eq(rest, width), () => panels(width));
  });

  /**
   * A product of matrices, block by block: `c [rows, columns] = a [rows, depth] · b [depth, columns]`; the rows of `b`
   * and `c` are contiguous, `rowBytes` apart in both. `packed` is scratch memory of `PACKED_BYTES`.
   */
  asm.define("multiply", PRODUCT, (f, p) => {
    const { row, d, column, a, b, c, blockRows, blockDepth, blockColumns } = f.integers(
      ...(["row", "d", "column", "a", "b", "c", "blockRows", "blockDepth", "blockColumns"] as const),
    );
    const { rowBytes } = p;
    const contract = (bRow: Int, bPanel: Int, from: Int, columns: Int): void => {
      const values: Record<(typeof CONTRACT)[number], Int> = {
        ...{ a, aOuter1: 0, aOuter2: 0, aRow: p.aRow },
        ...{ count1: 1, stride1: 0, count2: 1, stride2: 0, count3: blockDepth, stride3: p.aDepth },
        ...{ b: from, bOuter1: 0, bOuter2: 0, bRow, bPanel },
        ...{ c, cOuter1: 0, cOuter2: 0, cRow: rowBytes, rows: blockRows, columns, outer1: 1, outer2: 1 },
        accumulate: i32.ne(d, 0),
      };
      f.call("contract", ...CONTRACT.map((name) => values[name]));
    };
    f.loop(row, 0, p.rows, BLOCK_ROWS, () => {
      f.minimum(blockRows, i32.sub(p.rows, row), BLOCK_ROWS);
      f.loop(d, 0, p.depth, BLOCK_DEPTH, () => {
        f.minimum(blockDepth, i32.sub(p.depth, d), BLOCK_DEPTH);
        f.set(a, i32.add(p.a, i32.add(i32.mul(row, p.aRow), i32.mul(d, p.aDepth))));
        f.set(b, i32.add(p.b, i32.mul(d, rowBytes)));
        f.set(c, i32.add(p.c, i32.mul(row, rowBytes)));
        f.when(
          i32.lt(blockRows, PACKING_ROWS),
          () => contract(rowBytes, 4 * TILE_COLUMNS, b, p.columns),
          () =>
            f.loop(column, 0, p.columns, 2 * TILE_COLUMNS, () => {
              f.minimum(blockColumns, i32.sub(p.columns, column), 2 * TILE_COLUMNS);
              f.call("packPanels", b, rowBytes, p.packed, blockDepth, blockColumns);
              contract(4 * TILE_COLUMNS, i32.mul(blockDepth, 4 * TILE_COLUMNS), p.packed, blockColumns);
              f.set(b, i32.add(b, 8 * TILE_COLUMNS));
              f.set(c, i32.add(c, 8 * TILE_COLUMNS));
            }),
        );
      });
    });
  });
}
