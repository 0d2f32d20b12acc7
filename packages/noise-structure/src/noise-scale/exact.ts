import { expectPositive } from "../noise-strength/arguments.js";
import type { NoiseStructure } from "../noise-structure.js";

/** The batch sizes at which noise and gradient are of equal weight. */
export interface NoiseScale {
  /** `B_simple = Tr Σ/‖∇L‖²`; undefined where the gradient is 0. */
  simple: number | undefined;
  /** `B_noise = Tr(ΣG)/(∇LᵀG∇L)`, weighted by curvature; undefined where `G∇L` is 0. */
  curvatureWeighted: number | undefined;
}

/** The best single step of a batch size, on the quadratic with curvature G. */
export interface OptimalStep {
  /** `ε = ε_max/(1 + B_noise/B)`, `ε_max = ‖∇L‖²/(∇LᵀG∇L)`. */
  learningRate: number;
  /** The expected decrease of the loss, `ΔL_max/(1 + B_noise/B)`, `ΔL_max = ‖∇L‖⁴/(2∇LᵀG∇L)`. */
  decrease: number;
}

/**
 * The noise scales at a point, exactly.
 *
 * After McCandlish, Kaplan, Amodei & OpenAI Dota Team (2018), arXiv:1812.06162 (recalled, not confirmed), with the
 * Gauss–Newton matrix for the Hessian.
 *
 * @param structure - From `noiseStructure`.
 */
export function noiseScale(
  structure: Pick<NoiseStructure, "traceNoise" | "traceNoiseG" | "gradientNorm" | "gradientCurvature">,
): NoiseScale {
  const { traceNoise, traceNoiseG, gradientNorm, gradientCurvature } = structure;
  return {
    simple: gradientNorm > 0 ? traceNoise / gradientNorm ** 2 : undefined,
    curvatureWeighted: gradientCurvature > 0 ? traceNoiseG / gradientCurvature : undefined,
  };
}

/**
 * The learning rate that lowers the loss most in one step with batches of B, drawn with replacement.
 *
 * `E ΔL(ε) = ε‖∇L‖² − ½ε²(∇LᵀG∇L + Tr(ΣG)/B)` has its maximum there: derived here, also in McCandlish et al. (2018),
 * arXiv:1812.06162 (recalled, not confirmed).
 *
 * @param structure - From `noiseStructure`.
 * @returns Undefined where `G∇L` is 0.
 * @throws NoiseStructureError INVALID_ARGUMENT unless the batch size is positive.
 */
export function optimalStep(
  structure: Pick<NoiseStructure, "traceNoise" | "traceNoiseG" | "gradientNorm" | "gradientCurvature">,
  batchSize: number,
): OptimalStep | undefined {
  expectPositive("optimalStep", "batchSize", batchSize);
  const { curvatureWeighted } = noiseScale(structure);
  if (curvatureWeighted === undefined) return undefined;
  const discount = 1 + curvatureWeighted / batchSize;
  const squared = structure.gradientNorm ** 2;
  return {
    learningRate: squared / structure.gradientCurvature / discount,
    decrease: squared ** 2 / (2 * structure.gradientCurvature) / discount,
  };
}
