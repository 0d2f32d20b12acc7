import { fromColumns, noColumns, takeColumn, unitVectors } from "./internal/columns.js";
import { products, type Products } from "./internal/products.js";
import type { LinearOperator, LongOptions, SampledEstimate, TraceAndNorm } from "./operator.js";

export type { TraceAndNorm };

/** A matrix, row-major: entry (i, j) is `data[i·size + j]`. */
export interface DenseMatrix {
  size: number;
  data: Float64Array;
}

/**
 * The whole matrix of an operator, row-major, from the `size` products with the unit vectors.
 *
 * Column j is A·eⱼ as the operator returns it; nothing is symmetrised. Float64, size² numbers of memory.
 *
 * @throws HessianEstimatorsError if the operator returns a wrong length or a number that is not finite.
 */
export async function denseMatrix(
  operator: LinearOperator,
  options: LongOptions<undefined> = {},
): Promise<DenseMatrix> {
  const run = products("denseMatrix", operator, options.signal);
  const { size } = run;
  const data = new Float64Array(size * size);
  await eachColumn(run, (column, j) => {
    for (let i = 0; i < size; i++) data[i * size + j] = column[i]!;
    options.onProgress?.({ matvecs: j + 1, maxMatvecs: size, estimate: undefined });
  });
  return { size, data };
}

/** Tr A exactly: Σ eᵢᵀAeᵢ. `size` products, `standardError: 0`. Errors as `denseMatrix`. */
export async function exactTrace(
  operator: LinearOperator,
  options: LongOptions<undefined> = {},
): Promise<SampledEstimate> {
  return (await exactly(products("exactTrace", operator, options.signal), counting(operator, options))).trace;
}

/** ‖A‖_F exactly: √Σ‖Aeᵢ‖². `size` products, `standardError: 0`. Errors as `denseMatrix`. */
export async function exactNorm(
  operator: LinearOperator,
  options: LongOptions<undefined> = {},
): Promise<SampledEstimate> {
  return (await exactly(products("exactNorm", operator, options.signal), counting(operator, options))).norm;
}

/** Tr A and ‖A‖_F exactly, from the same `size` products, `standardError: 0`. Errors as `denseMatrix`. */
export async function exactTraceAndNorm(
  operator: LinearOperator,
  options: LongOptions<undefined> = {},
): Promise<TraceAndNorm> {
  return exactly(products("exactTraceAndNorm", operator, options.signal), counting(operator, options));
}

const counting =
  (operator: LinearOperator, options: LongOptions<undefined>) =>
  (matvecs: number): void =>
    options.onProgress?.({ matvecs, maxMatvecs: operator.size, estimate: undefined });

/** @internal Both quantities through products already wrapped; `report` is called after each. */
async function exactly(run: Products, report: (matvecs: number) => void): Promise<TraceAndNorm> {
  const columns = noColumns();
  await eachColumn(run, (column, j) => {
    takeColumn(columns, column);
    report(j + 1);
  });
  return fromColumns(columns, run.count());
}

async function eachColumn(run: Products, take: (column: Float64Array, j: number) => void): Promise<void> {
  for (let j = 0; j < run.size; j += run.block)
    (await run.applyAll(unitVectors(run.size, j, run.block))).forEach((column, i) => take(column, j + i));
}
