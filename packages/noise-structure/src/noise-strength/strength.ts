import { multiplyVector } from "@sgdscope/linear-algebra";
import { checkGramSystem, type GramSystem } from "../gram-system.js";
import { expectInteger, expectNonNegative, expectNumbers } from "./arguments.js";

/** The scalar strength of SGD noise: `Cov(ĝ)` of a batch has the trace `p·strength`. */
export interface NoiseStrength {
  /** `𝒩 = (1/n) Σ‖∇ℓᵢ‖² − ‖∇L‖² = Tr Σ`. */
  strength: number;
  /** `(1/n) Σ‖∇ℓᵢ‖² = Tr Σ₁`. */
  meanSquaredGradient: number;
  /** `‖∇L‖²`. */
  squaredGradient: number;
}

/** The noise strength beside what it would be if residuals and curvature were independent. */
export interface GramNoiseStrength extends NoiseStrength {
  /** `L = (1/2n) Σ‖rᵢ‖²`. */
  loss: number;
  /** `(2L/C)·Tr G`, what `meanSquaredGradient` is when residuals are isotropic and independent of the Jacobians. */
  decoupledStrength: number;
}

/**
 * The noise strength `𝒩 = (1/n) Σ‖∇ℓᵢ‖² − ‖∇L‖²` from a Gram matrix: `‖∇ℓᵢ‖² = rᵢᵀK_iirᵢ` and
 * `∇ℓᵢ·∇L = (1/n) rᵢᵀ(Kr)ᵢ`.
 *
 * Definition, and the prediction that 𝒩 is proportional to the loss late in training: Mori, Ziyin, Liu & Ueda (2021),
 * arXiv:2105.09557. The Gram-matrix form, and `(2L/C)·Tr G` for C outputs, are derived here. The strength is the mean of
 * `‖∇ℓᵢ − ∇L‖²`, so that cancellation is confined to a single such term.
 *
 * @param system - Not changed. Cost O((nC)²).
 * @throws NoiseStructureError as `checkGramSystem`.
 */
export function noiseStrength(system: GramSystem): GramNoiseStrength {
  checkGramSystem(system, "noiseStrength");
  const { examples: n, outputs, gram, residuals } = system;
  const size = n * outputs;
  const image = multiplyVector(gram, residuals, size, size);
  const squares = new Float64Array(n);
  const along = new Float64Array(n);
  let squaredGradient = 0;
  let loss = 0;
  let trace = 0;
  for (let i = 0; i < n; i++) {
    for (let a = i * outputs; a < (i + 1) * outputs; a++) {
      const r = residuals[a]!;
      for (let b = i * outputs; b < (i + 1) * outputs; b++) squares[i]! += r * gram[a * size + b]! * residuals[b]!;
      along[i]! += (r * image[a]!) / n;
      loss += (r * r) / (2 * n);
      trace += gram[a * size + a]! / n;
    }
    squaredGradient += along[i]! / n;
  }
  squaredGradient = Math.max(0, squaredGradient);
  let strength = 0;
  let meanSquaredGradient = 0;
  for (let i = 0; i < n; i++) {
    strength += Math.max(0, squares[i]! - 2 * along[i]! + squaredGradient) / n;
    meanSquaredGradient += squares[i]! / n;
  }
  return { strength, meanSquaredGradient, squaredGradient, loss, decoupledStrength: (2 * loss * trace) / outputs };
}

/**
 * The noise strength from the norms of gradients of single examples.
 *
 * @param gradientNorms - `‖∇ℓᵢ‖`, one for every example.
 * @param gradientNorm - `‖∇L‖` of the mean of the same gradients. It cannot exceed the root mean square of the norms;
 *   where it does by rounding, the strength is 0.
 * @param options.sample - The examples are m independent draws from more: the strength is then multiplied by m/(m − 1)
 *   and `squaredGradient` reduced by strength/m, which makes both unbiased for the whole (elementary). Default false.
 * @throws NoiseStructureError INVALID_ARGUMENT for no norms, or fewer than two in a sample; NOT_FINITE.
 * @see {@link noiseStrength} for sources.
 */
export function noiseStrengthFromNorms(
  gradientNorms: ArrayLike<number>,
  gradientNorm: number,
  options: { sample?: boolean } = {},
): NoiseStrength {
  const caller = "noiseStrengthFromNorms";
  const { sample = false } = options;
  const count = gradientNorms.length;
  expectInteger(caller, "the number of gradientNorms", count, sample ? 2 : 1);
  expectNumbers(caller, "gradientNorms", gradientNorms, count);
  expectNonNegative(caller, "gradientNorm", gradientNorm);
  let meanSquaredGradient = 0;
  for (let i = 0; i < count; i++) meanSquaredGradient += gradientNorms[i]! ** 2 / count;
  const squaredGradient = gradientNorm ** 2;
  const strength = Math.max(0, meanSquaredGradient - squaredGradient);
  if (!sample) return { strength, meanSquaredGradient, squaredGradient };
  const unbiased = (strength * count) / (count - 1);
  return { strength: unbiased, meanSquaredGradient, squaredGradient: squaredGradient - unbiased / count };
}
