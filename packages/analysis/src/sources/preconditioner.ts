import type { NamedArray } from "@sgdscope/array-files";
import { AnalysisError } from "../errors.js";
import { finite } from "./finite.js";

/**
 * @internal `J·P^(−1/2)`: what stands in the place of J under `θ ← θ − ηP⁻¹m`, in the coordinates `P^(1/2)θ` in which that optimizer
 * steps plainly.
 *
 * @throws AnalysisError SHAPE_MISMATCH, NOT_FINITE, INVALID_ARGUMENT with the argument `preconditioner`.
 */
export function preconditioned(jacobian: Float64Array, rows: number, preconditioner: NamedArray): Float64Array {
  const parameters = jacobian.length / rows;
  const { shape } = preconditioner;
  if (shape.reduce((product, axis) => product * axis, 1) !== parameters || shape.filter((axis) => axis > 1).length > 1)
    throw new AnalysisError(
      "SHAPE_MISMATCH",
      "preconditioner",
      `expected shape [${parameters}], one number per column of the Jacobian, got [${shape.join(", ")}]`,
      shape.length === 2 && shape[0] === parameters && shape[1] === parameters
        ? "a full matrix P = LLᵀ goes into the Jacobian: pass J @ inv(L).T instead"
        : undefined,
    );
  const values = finite("preconditioner", preconditioner);
  const index = values.findIndex((value) => !(value > 0));
  if (index >= 0)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "preconditioner",
      `expected positive numbers, got ${values[index]!} at position ${index}`,
      "of Adam it is sqrt(v) + eps, not v itself",
    );
  const roots = values.map((value) => 1 / Math.sqrt(value));
  return jacobian.map((value, k) => value * roots[k % parameters]!);
}
