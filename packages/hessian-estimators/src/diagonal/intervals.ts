import { studentQuantile } from "../confidence.js";
import { checkInteger, checkShare } from "../internal/arguments.js";
import type { DiagonalEstimate } from "./bekas2007.js";

/**
 * The intervals that hold the entries of a diagonal, each with the given probability: value ± t·standardError with Student's t for
 * samples − 1 degrees of freedom.
 *
 * @param level - Probability between 0 and 1; 0.95 by default.
 * @throws HessianEstimatorsError `INVALID_ARGUMENT` if `level` or `diagonal.samples` is out of range.
 */
export function diagonalIntervals(
  diagonal: DiagonalEstimate,
  level = 0.95,
): { lower: Float64Array; upper: Float64Array } {
  checkShare("diagonalIntervals", "level", level);
  const { values, standardErrors, samples } = diagonal;
  if (standardErrors.every((error) => error === 0)) return { lower: values.slice(), upper: values.slice() };
  checkInteger("diagonalIntervals", "diagonal.samples", samples, 2);
  const t = studentQuantile(samples - 1, level);
  return {
    lower: values.map((value, i) => value - t * standardErrors[i]!),
    upper: values.map((value, i) => value + t * standardErrors[i]!),
  };
}
