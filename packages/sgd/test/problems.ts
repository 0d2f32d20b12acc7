import { gaussian, seededRandom } from "@sgdscope/random";
import type { VectorProblem } from "@sgdscope/sgd";

/** L(θ) = ½ Σ λ_k θ_k², as n = 1 example; its gradient is λ∘θ. */
export function quadratic(eigenvalues: readonly number[], parameters: Float64Array): VectorProblem {
  return {
    parameters,
    size: 1,
    gradient(theta, _batch, out) {
      eigenvalues.forEach((lambda, k) => (out[k]! += lambda * theta[k]!));
    },
    loss: (theta) => eigenvalues.reduce((sum, lambda, k) => sum + (lambda * theta[k]! ** 2) / 2, 0),
  };
}

/** Least squares ½(x_i·θ − y_i)² on random data with a solution θ*; over-determined unless n ≤ d. */
export function leastSquares(
  n: number,
  d: number,
  seed: number,
): VectorProblem & { X: Float64Array; y: Float64Array; solution: Float64Array } {
  const random = seededRandom(seed);
  const X = gaussian(n * d, random);
  const solution = gaussian(d, random);
  const product = (theta: Float64Array, i: number): number => theta.reduce((sum, w, k) => sum + w * X[i * d + k]!, 0);
  const y = Float64Array.from({ length: n }, (_, i) => product(solution, i));
  return {
    X,
    y,
    solution,
    parameters: gaussian(d, random),
    size: n,
    gradient(theta, batch, out) {
      for (const i of batch) {
        const r = product(theta, i) - y[i]!;
        for (let k = 0; k < d; k++) out[k]! += r * X[i * d + k]!;
      }
    },
    loss: (theta) => y.reduce((sum, target, i) => sum + (product(theta, i) - target) ** 2, 0) / (2 * n),
  };
}
