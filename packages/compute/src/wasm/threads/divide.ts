import { MOST_CALLS } from "./team.js";
import { TILE_COLUMNS, TILE_ROWS, type Contraction, type Product } from "../program/contract.js";

/** Operations that a part should have at least, about 0.05 ms: waking another thread takes a fraction of that. */
const OPERATIONS = 2e6;
/** Parts per thread, so that the wait for a delayed thread is short. */
const PARTS = 4;

/** The number of parts for a number of operations. */
export const partsOf = (operations: number, threads: number): number =>
  threads === 1 ? 1 : Math.max(1, Math.min(PARTS * threads, MOST_CALLS, Math.floor(operations / OPERATIONS)));

/** Divides `count` items into as many runs as there are parts, at multiples of `unit`; none is empty. */
export function runsOf(count: number, parts: number, unit = 1): [start: number, length: number][] {
  const units = Math.ceil(count / unit);
  const cut = (part: number): number => Math.min(count, unit * Math.round((part * units) / parts));
  return Array.from({ length: parts }, (_, part): [number, number] => [cut(part), cut(part + 1) - cut(part)]).filter(
    ([, length]) => length > 0,
  );
}

/** One way to divide: `count` independent items, kept together in units of `unit`. */
interface Axis<T> {
  count: number;
  unit: number;
  part: (start: number, length: number) => Partial<T>;
}

/** Divides along the axis that gives the most even parts, the first of those. */
function divided<T extends object>(whole: T, parts: number, axes: readonly Axis<T>[]): T[] {
  const largest = ({ count, unit }: Axis<T>): number => {
    const units = Math.ceil(count / unit);
    return Math.ceil(units / parts) / units;
  };
  const { count, unit, part } = axes.reduce((best, axis) => (largest(axis) < largest(best) ? axis : best));
  return runsOf(count, parts, unit).map(([start, length]) => ({ ...whole, ...part(start, length) }));
}

/**
 * Divides a contraction among threads. Each number of the result is summed by one thread, in the same order as without division, so the
 * division does not change a bit of the result.
 */
export function dividedContraction(p: Contraction, threads: number): Contraction[] {
  const operations = 2 * p.rows * p.columns * p.count1 * p.count2 * p.count3 * p.outer1 * p.outer2;
  const parts = partsOf(operations, threads);
  if (parts === 1) return [p];
  const outer = (which: 1 | 2): Axis<Contraction>[] =>
    p[`cOuter${which}`] === 0
      ? []
      : [
          {
            count: p[`outer${which}`],
            unit: 1,
            part: (start, length) => ({
              [`outer${which}`]: length,
              a: p.a + start * p[`aOuter${which}`],
              b: p.b + start * p[`bOuter${which}`],
              c: p.c + start * p[`cOuter${which}`],
            }),
          },
        ];
  return divided(p, parts, [
    ...outer(1),
    ...outer(2),
    {
      count: p.rows,
      unit: TILE_ROWS,
      part: (start, rows) => ({ rows, a: p.a + start * p.aRow, c: p.c + start * p.cRow }),
    },
    {
      count: p.columns,
      unit: TILE_COLUMNS,
      part: (start, columns) => ({ columns, b: p.b + (start / TILE_COLUMNS) * p.bPanel, c: p.c + 4 * start }),
    },
  ]);
}

/** Divides a product of matrices among threads, to the same bits as {@link dividedContraction}. */
export function dividedProduct(p: Product, threads: number): Product[] {
  const parts = partsOf(2 * p.rows * p.columns * p.depth, threads);
  if (parts === 1) return [p];
  // By columns first: rows would have every part pack all of b.
  return divided(p, parts, [
    {
      count: p.columns,
      unit: 2 * TILE_COLUMNS,
      part: (start, columns) => ({ columns, b: p.b + 4 * start, c: p.c + 4 * start }),
    },
    {
      count: p.rows,
      unit: 2 * TILE_ROWS,
      part: (start, rows) => ({ rows, a: p.a + start * p.aRow, c: p.c + start * p.rowBytes }),
    },
  ]);
}
