import type { GramSystem } from "@sgdscope/noise-structure";
import { expectSpectrum, perronRoot } from "../bounds/structured-noise.js";
import { expectInteger, expectPositive, StabilityError } from "../errors.js";
import { splitResiduals } from "../growth/split-residuals.js";
import { spectralRadius } from "../growth/spectral-radius.js";
import { secondMoments } from "../growth/trajectory.js";
import { prepareMinimum, type PreparedMinimum } from "../minimum.js";
import { weightsFor, type Batches } from "../sampling.js";
import type { SolverOptions } from "../threshold/exact.js";

/** How decoupled noise grows. */
export interface DecoupledGrowth {
  /** ρ, factor of the expected loss per step in the long run. */
  spectralRadius: number;
  /** `E[δ_a²]` in that growth along each eigenvector, sum 1. */
  mode: Float64Array;
}

/**
 * The growth of second moments under noise in proportion to loss and curvature, `Σ = 2LH`: the largest ρ with
 * `η²p Σλ²/(ρ − (1 − ηλ)²) = 1`, and its Perron mode `q_a ∝ λ_a/(ρ − (1 − ηλ_a)²)`. Derived here.
 *
 * @param eigenvalues - Of H, non-negative, not all zero; flat directions carry no second moment.
 * @param learningRate - η.
 * @param noise - p in (0, 1], default 1.
 * @throws StabilityError INVALID_ARGUMENT or NO_CURVATURE.
 */
export function decoupledGrowth(eigenvalues: Float64Array, learningRate: number, noise = 1): DecoupledGrowth {
  expectPositive("decoupledGrowth", "learningRate", learningRate);
  expectPositive("decoupledGrowth", "noise", noise);
  expectSpectrum("decoupledGrowth", "eigenvalues", eigenvalues);
  if (!eigenvalues.some((value) => value > 0))
    throw new StabilityError("NO_CURVATURE", "decoupledGrowth: expected a positive eigenvalue, got none.");
  const poles = eigenvalues.map((value) => (1 - learningRate * value) ** 2);
  const radius = perronRoot(
    eigenvalues.map((value) => noise * (learningRate * value) ** 2),
    poles,
  );
  const mode = eigenvalues.map((value, a) => (value > 0 ? value / (radius - poles[a]!) : 0));
  const total = mode.reduce((sum, value) => sum + value, 0);
  return { spectralRadius: radius, mode: mode.map((value) => value / total) };
}

/**
 * The loss outside the k sharpest directions over the loss inside, `D_k = Σ_{i>k}λ_iq_i / Σ_{i≤k}λ_iq_i`.
 *
 * @param eigenvalues - Largest first.
 * @param secondMoments - `q_i = E[δ_i²]` along the eigenvectors.
 * @param directions - k, from 1 to the number of eigenvalues.
 * @throws StabilityError SHAPE_MISMATCH or INVALID_ARGUMENT.
 * @see Wang & Wu (2023), arXiv:2310.00692, for the quantity; as recalled.
 */
export function outsideRatio(eigenvalues: Float64Array, secondMoments: Float64Array, directions: number): number {
  if (secondMoments.length !== eigenvalues.length)
    throw new StabilityError(
      "SHAPE_MISMATCH",
      `outsideRatio: expected as many secondMoments as eigenvalues, got ${secondMoments.length} and ${eigenvalues.length}.`,
    );
  expectSpectrum("outsideRatio", "eigenvalues", eigenvalues);
  expectSpectrum("outsideRatio", "secondMoments", secondMoments);
  expectDirections("outsideRatio", directions, eigenvalues.length);
  let inside = 0;
  let outside = 0;
  eigenvalues.forEach((value, a) => {
    if (a < directions) inside += value * secondMoments[a]!;
    else outside += value * secondMoments[a]!;
  });
  return outside / inside;
}

/** Along which directions SGD moves away from a minimum, against gradient descent. */
export interface EscapeDirections {
  /** `D_k(t)` of SGD, exact, for t = 0 … steps; shorter where the loss overflows. */
  ratios: Float64Array;
  /** `D_k(t)` of gradient descent with the same start. Towards 0 where it escapes: only the sharpest direction grows. */
  gradientDescent: Float64Array;
  /** `D_k(∞)` of SGD, from the growing mode of the exact second-moment operator. */
  limit: number;
  /** `D_k(∞)` under decoupled noise, see {@link decoupledGrowth}. */
  decoupledLimit: number;
  /** `Σ_{i>k}λ_i²/Σ_{i≤k}λ_i²`: the lower bound of Wang & Wu up to a constant, as recalled. */
  squaredCurvatureRatio: number;
}

/**
 * The escape directions `D_k` of linearised SGD by exact second moments, from the realizable residuals of the system.
 *
 * Gradient descent escapes along the sharpest direction alone; SGD along flat ones too. The quantity is that of Wang & Wu
 * (2023), arXiv:2310.00692, Theorem 5.2 (recalled); the exact values are derived here.
 *
 * @param options.directions - k, from 1 to the rank.
 * @param options.steps - Default 0: the limits alone.
 * @throws StabilityError INVALID_ARGUMENT, and as `samplingFactor` and `prepareMinimum`; without noise (full batch) there is
 *   no limit other than that of gradient descent.
 */
export function escapeDirections(
  system: GramSystem | PreparedMinimum,
  options: Batches & SolverOptions & { learningRate: number; directions: number; steps?: number },
): EscapeDirections {
  const { learningRate, directions, steps = 0 } = options;
  expectPositive("escapeDirections", "options.learningRate", learningRate);
  expectInteger("escapeDirections", "options.steps", steps, 0);
  const minimum = prepareMinimum(system, options);
  const { rank, eigenvalues, examples, outputs } = minimum;
  expectDirections("escapeDirections", directions, rank);
  const { noise } = weightsFor("escapeDirections", examples, options);
  // Variances: what is negative is the rounding of a 0.
  const diagonal = (matrix: Float64Array): Float64Array =>
    Float64Array.from({ length: rank }, (_, a) => Math.max(0, matrix[a * rank + a]!));
  const ratios: number[] = [];
  secondMoments("escapeDirections", minimum, { ...options, steps }, (_, moment) => {
    const variances = diagonal(moment);
    if (!variances.every((value) => value < 1e290)) return false;
    ratios.push(outsideRatio(eigenvalues, variances, directions));
    return true;
  });
  const start = splitResiduals(minimum).position;
  const limit = outsideRatio(eigenvalues, diagonal(spectralRadius(minimum, learningRate, options).mode), directions);
  return {
    ratios: Float64Array.from(ratios),
    gradientDescent: Float64Array.from({ length: steps + 1 }, (_, t) => {
      // Relative to the fastest direction, so that the powers do not overflow.
      const factors = eigenvalues.map((value) => Math.log(Math.abs(1 - learningRate * value)));
      const logs = factors.map((factor, a) => 2 * ((t === 0 ? 0 : t * factor) + Math.log(Math.abs(start[a]!))));
      const largest = Math.max(...logs);
      return outsideRatio(
        eigenvalues,
        logs.map((value) => Math.exp(value - largest)),
        directions,
      );
    }),
    limit,
    decoupledLimit:
      noise > 0
        ? outsideRatio(eigenvalues, decoupledGrowth(eigenvalues, learningRate, noise / outputs).mode, directions)
        : limit,
    squaredCurvatureRatio: outsideRatio(eigenvalues, eigenvalues, directions),
  };
}

function expectDirections(caller: string, directions: number, most: number): void {
  if (!Number.isSafeInteger(directions) || directions < 1 || directions > most)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected directions to be an integer from 1 to ${most}, got ${directions}.`,
    );
}
