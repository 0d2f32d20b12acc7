import { expectLength } from "../errors.js";
import type { DiagonalLinear } from "../models/diagonal-linear.js";

/**
 * Tr G = Σ_j (a_j² + b_j²) E x_j² of a diagonal linear network, and the least it can be for the same function, 2 Σ_j |a_j b_j| E x_j².
 * The two agree where |a_j| = |b_j|: stability bounds the trace, and with it the ℓ₁ norm of the learned function.
 *
 * @param secondMoments - E x_j², length d: of a population, or the mean squares of the columns of X; default 1.
 * @throws ModelsRfmError `WRONG_LENGTH`.
 * @see Wu and Su (2023), arXiv:2305.17490, as lecture notes and a reproduction quote it; the body of the paper was not read.
 */
export function diagonalLinearTrace(
  model: DiagonalLinear,
  theta: Float64Array,
  secondMoments: Float64Array = new Float64Array(model.inputs).fill(1),
): { trace: number; leastTrace: number } {
  const d = model.inputs;
  expectLength("diagonalLinearTrace: expected theta", theta, 2 * d);
  expectLength("diagonalLinearTrace: expected secondMoments", secondMoments, d);
  let [trace, leastTrace] = [0, 0];
  for (let j = 0; j < d; j++) {
    const [a, b] = [theta[j]!, theta[d + j]!];
    trace += (a * a + b * b) * secondMoments[j]!;
    leastTrace += 2 * Math.abs(a * b) * secondMoments[j]!;
  }
  return { trace, leastTrace };
}

/**
 * The balance r(θ) = Σ(a_j² + b_j²)/(2Σ|a_j b_j|) ≥ 1 of a diagonal linear network: 1 where |a_j| = |b_j| for all j, to which
 * SGD with large steps tends from every start, while gradient descent does not.
 *
 * @returns Infinity for f = 0 with θ ≠ 0, NaN for θ = 0.
 * @throws ModelsRfmError `WRONG_LENGTH`.
 * @see Wu and Su (2023), arXiv:2305.17490, as lecture notes and a reproduction quote it; the body of the paper was not read.
 */
export function diagonalLinearBalance(model: DiagonalLinear, theta: Float64Array): number {
  const { trace, leastTrace } = diagonalLinearTrace(model, theta);
  return trace / leastTrace;
}
