import { axpy, dot, norm } from "@sgdscope/linear-algebra";

/** @internal Conjugate gradients for a symmetric positive definite map; at most 500 steps. */
export function conjugateGradients(
  apply: (x: Float64Array) => Float64Array,
  right: Float64Array,
  tolerance: number,
): { solution: Float64Array; residual: number } {
  const solution = new Float64Array(right.length);
  const rest = right.slice();
  let direction = right.slice();
  const scale = norm(right);
  let square = dot(rest, rest);
  for (let k = 0; k < 500 && scale > 0 && Math.sqrt(square) > tolerance * scale; k++) {
    const image = apply(direction);
    const step = square / dot(direction, image);
    axpy(step, direction, solution);
    axpy(-step, image, rest);
    const next = dot(rest, rest);
    direction = axpy(next / square, direction, rest.slice());
    square = next;
  }
  return { solution, residual: scale > 0 ? Math.sqrt(square) / scale : 0 };
}
