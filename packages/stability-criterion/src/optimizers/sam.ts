import { expectPositive } from "../errors.js";

/**
 * The curvature at the edge of stability of full-batch SAM, `θ ← θ − η∇L(θ + ρ∇L/‖∇L‖)`: the positive root λ of
 * `ηλ(1 + ρλ/‖∇L‖) = 2`, that is `λ = (‖∇L‖/2ρ)(√(1 + 8ρ/(η‖∇L‖)) − 1)`.
 *
 * On a quadratic loss the gradient at the perturbed point is `(I + ρH/‖∇L‖)∇L`: a step multiplies the component of θ along an
 * eigenvector of curvature λ by `1 − ηλ(1 + ρλ/‖∇L‖)`. Beyond the edge that component grows in this step, and with it ‖∇L‖,
 * which raises the edge: SAM leaves no point for good, it bounces where the edge is λ. Between 2/η, as ρ → 0, and
 * `√(2‖∇L‖/(ηρ))`, for `ρ ≫ η‖∇L‖`; never above either. It assumes one loss for both gradients, a quadratic one, and says nothing
 * of minibatches.
 *
 * @param options.radius - ρ.
 * @param options.gradientNorm - ‖∇L‖ where the step begins, not at the perturbed point.
 * @returns λ, in the units of the Hessian.
 * @throws StabilityError INVALID_ARGUMENT for arguments that are not positive and finite.
 * @see Long and Bartlett (2024), arXiv:2309.12488, by whom the edge depends on ‖∇L‖; the formula is derived here.
 */
export function samEdge({
  learningRate,
  radius,
  gradientNorm,
}: {
  learningRate: number;
  radius: number;
  gradientNorm: number;
}): number {
  expectPositive("samEdge", "options.learningRate", learningRate);
  expectPositive("samEdge", "options.radius", radius);
  expectPositive("samEdge", "options.gradientNorm", gradientNorm);
  // The root in a form that loses no digits as ρ → 0.
  return 4 / learningRate / (1 + Math.sqrt(1 + (8 * (radius / gradientNorm)) / learningRate));
}
