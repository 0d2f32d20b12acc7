import type { PreparedMinimum } from "../minimum.js";
import type { SamplingWeights } from "../sampling.js";
import { modeDynamics, type Optimizer } from "./optimizer.js";

/**
 * @internal The response matrix `R` of an optimizer at growth ρ: a stationary second moment A, growing by ρ a step, has
 * `A = R∘(p/n)Σᵢ Xᵢᵀ(XᵢAXᵢᵀ)Xᵢ`, `R = 1/(1/S + (1 − f)λλᵀ)`, where `S_ab` is the inner product of the responses of the modes
 * a and b to the noise of one step, damped by `ρ^(−k/2)`, and f the weight of the full batch.
 *
 * With `u = gain·λ` at ρ = 1, `x = γ_a`, `y = γ_b`:
 * `S = [(n₀² + n₁²)(1 − xy) − n₀n₁(α_a(1 − y) + α_b(1 − x))]/D`,
 * `D = (1 − xy)(u_a(1 − y) + u_b(1 − x)) + u_a²y + u_b²x − u_au_b(1 + xy)`, in which nothing cancels for slow modes.
 * Derived here.
 *
 * @returns `rank × rank`, symmetric. Valid inside the edge of the mean, and for ρ above `meanRadius`.
 */
export function responseMatrix(
  { rank, eigenvalues }: PreparedMinimum,
  optimizer: Optimizer,
  learningRate: number,
  { fullBatch }: SamplingWeights,
  growth = 1,
): Float64Array {
  const { first, second, gain, alpha, gamma } = modeDynamics(optimizer, learningRate);
  const root = Math.sqrt(growth);
  const decay = optimizer.weightDecay ?? 0;
  const modes = Array.from(eigenvalues, (curvature) => {
    const own = gamma(curvature);
    return {
      curvature,
      alpha: alpha(curvature) / root,
      gamma: own / growth,
      distance: ((root - 1) * (root - own) + gain * (curvature + decay) * root) / growth,
    };
  });
  const [n0, n1] = [first, second / root];
  const squares = n0 * n0 + n1 * n1;
  const response = new Float64Array(rank * rank);
  for (let a = 0; a < rank; a++)
    for (let b = 0; b <= a; b++) {
      const { curvature: p, alpha: s, gamma: x, distance: u } = modes[a]!;
      const { curvature: q, alpha: t, gamma: y, distance: v } = modes[b]!;
      const numerator = squares * (1 - x * y) - n0 * n1 * (s * (1 - y) + t * (1 - x));
      const denominator = (1 - x * y) * (u * (1 - y) + v * (1 - x)) + u * u * y + v * v * x - u * v * (1 + x * y);
      const value = 1 / ((growth * denominator) / numerator + (1 - fullBatch) * p * q);
      response[a * rank + b] = value;
      response[b * rank + a] = value;
    }
  return response;
}

/** @internal `S_aa` of one mode at ρ = 1: the sum of squares of what it makes of the noise of one step. */
export function modeResponse(optimizer: Optimizer, learningRate: number, curvature: number): number {
  const { first, second, gain, alpha, gamma } = modeDynamics(optimizer, learningRate);
  const [s, x] = [alpha(curvature), gamma(curvature)];
  const u = gain * (curvature + (optimizer.weightDecay ?? 0));
  // (1 − x)(1 − s + x)(1 + s + x) with u = 1 − s + x.
  return ((first * first + second * second) * (1 + x) - 2 * first * second * s) / ((1 - x) * u * (1 + s + x));
}

/** @internal The squared modulus of the slowest mode of the mean: second moments shrink by no less than this in a step. */
export function meanRadius({ eigenvalues }: PreparedMinimum, optimizer: Optimizer, learningRate: number): number {
  const { alpha, gamma } = modeDynamics(optimizer, learningRate);
  let radius = 0;
  for (const curvature of eigenvalues) {
    const [s, p] = [alpha(curvature), gamma(curvature)];
    const discriminant = s * s - 4 * p;
    const modulus = discriminant < 0 ? Math.sqrt(p) : (Math.abs(s) + Math.sqrt(discriminant)) / 2;
    radius = Math.max(radius, modulus * modulus);
  }
  return radius;
}
