import { symmetricEigen } from "@sgdscope/linear-algebra";
import { checkMoments } from "../density/moments.js";
import type { SampledEstimate } from "../operator.js";
import { choose, type Which } from "../spectrum/wanted.js";
import type { Curvature } from "./types.js";

/** All quantities from the columns of the matrix, whose symmetric part is taken. */
export function fromDense(
  columns: readonly Float64Array[],
  { count, which, diagonal, matvecs }: { count: number; which: Which; diagonal: boolean; matvecs: number },
): Curvature {
  const size = columns.length;
  const matrix = Float64Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return (columns[i]![j]! + columns[j]![i]!) / 2;
  });
  const { values, vectors } = symmetricEigen(matrix, size);
  const exactly = (value: number): SampledEstimate => ({
    value,
    standardError: 0,
    matvecs,
    samples: 0,
    converged: true,
  });
  const trace = values.reduce((sum, x) => sum + x, 0);
  const square = values.reduce((sum, x) => sum + x * x, 0);
  const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const rule = { nodes: values, weights: new Float64Array(size).fill(1 / size) };
  const quadrature = { size, runs: [rule, rule], matvecs };
  const { wanted } = choose(values, which, count);
  const [exactTrace, exactNorm] = [exactly(trace), exactly(Math.sqrt(square))];
  return {
    method: "exact",
    matvecs,
    trace: exactTrace,
    norm: exactNorm,
    participationRatio: exactly(trace ** 2 / square),
    stableRank: exactly(square / largest ** 2),
    eigenpairs: {
      values: Float64Array.from(wanted, (k) => values[k]!),
      vectors: wanted.map((k) => vectors.slice(k * size, (k + 1) * size)),
      residuals: new Float64Array(count),
    },
    quadrature,
    diagonal: diagonal
      ? {
          values: Float64Array.from(columns, (column, i) => column[i]!),
          standardErrors: new Float64Array(size),
          matvecs,
          samples: 0,
          converged: true,
        }
      : undefined,
    moments: checkMoments(quadrature, { trace: exactTrace, norm: exactNorm }),
  };
}
