import { norm, scale, tridiagonalEigen } from "@sgdscope/linear-algebra";
import { projectOut } from "../internal/project-out.js";
import type { QuadratureRun } from "./ghorbani2019slq.js";

/** Σ weight·f(node); f is not evaluated at nodes of weight 0. */
export function integrate({ nodes, weights }: QuadratureRun, f: (node: number) => number): number {
  let sum = 0;
  for (let k = 0; k < nodes.length; k++) if (weights[k] !== 0) sum += weights[k]! * f(nodes[k]!);
  return sum;
}

/**
 * The rules of the same probe after one and two Lanczos steps less; none where the rule is exact or has fewer than three nodes.
 *
 * Lanczos' method on diag(nodes), started from the roots of the weights, gives the tridiagonal matrix that the rule came from (Gragg and
 * Harwood 1984 do it faster); leading blocks of it are the shorter rules. O(steps³) operations.
 */
export function shorterRules({ nodes, weights, residual = 0 }: QuadratureRun): QuadratureRun[] {
  const steps = nodes.length;
  if (residual === 0 || steps < 3) return [];
  const basis: Float64Array[] = [];
  const [diagonal, beside] = [new Float64Array(steps), new Float64Array(steps)];
  let next = weights.map(Math.sqrt);
  for (let j = 0; j < steps - 1; j++) {
    const length = norm(next);
    // Weights too small for Float64 leave nothing to restore the matrix from.
    if (!(length > 1e-12 * Math.abs(nodes[0]! - nodes[steps - 1]!)) && j > 0) return [];
    if (j > 0) beside[j - 1] = length;
    const q = scale(1 / length, next);
    basis.push(q);
    next = q.map((x, k) => nodes[k]! * x);
    diagonal[j] = projectOut(basis, next)[j]!;
  }
  return [steps - 1, steps - 2].map((count) => {
    const { values, rows } = tridiagonalEigen(diagonal.slice(0, count), beside.slice(0, count - 1), "first-components");
    return { nodes: values, weights: rows.map((first) => first * first) };
  });
}
