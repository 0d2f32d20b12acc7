import type { TraceAndNorm } from "../operator.js";
import { squaredNorm } from "./vectors.js";

/** Trace and square of the norm from the columns so far. */
export interface Columns {
  taken: number;
  trace: number;
  squares: number;
}

export const noColumns = (): Columns => ({ taken: 0, trace: 0, squares: 0 });

/** The unit vectors `from`, `from + 1`, …, at most `most` of them. */
export function unitVectors(size: number, from: number, most: number): Float64Array[] {
  return Array.from({ length: Math.min(most, size - from) }, (_, i) => {
    const unit = new Float64Array(size);
    unit[from + i] = 1;
    return unit;
  });
}

export function takeColumn(columns: Columns, column: Float64Array): void {
  columns.trace += column[columns.taken]!;
  columns.squares += squaredNorm(column);
  columns.taken++;
}

export function fromColumns({ trace, squares }: Columns, matvecs: number): TraceAndNorm {
  const exact = { standardError: 0, matvecs, samples: 0, converged: true };
  return { trace: { value: trace, ...exact }, norm: { value: Math.sqrt(squares), ...exact } };
}
