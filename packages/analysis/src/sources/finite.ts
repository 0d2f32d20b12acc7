import { toFloat64, type NamedArray } from "@sgdscope/array-files";
import { AnalysisError } from "../errors.js";

/** The numbers of an array in Float64, all of them finite. */
export function finite(argument: string, array: NamedArray): Float64Array {
  const values = toFloat64(array);
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0)
    throw new AnalysisError(
      "NOT_FINITE",
      argument,
      `expected finite numbers, got ${values[index]!} at position ${index}`,
    );
  return values;
}
