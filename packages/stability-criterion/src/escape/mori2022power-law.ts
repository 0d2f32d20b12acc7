import { expectPositive, StabilityError } from "../errors.js";

/** The noise of SGD near a minimum in the decoupling approximation, `Σ ≈ (2L/B)·H`. */
export interface LogLossDynamics {
  /** η. */
  learningRate: number;
  /** B. */
  batchSize: number;
  /** h, curvature at the minimum along the way out. */
  curvature: number;
}

/**
 * The temperature of the log-loss landscape, `T = ηh/B`.
 *
 * @throws StabilityError INVALID_ARGUMENT.
 * @see Mori, Ziyin, Liu & Ueda (2022), arXiv:2105.09557.
 */
export function logLossTemperature({ learningRate, batchSize, curvature }: LogLossDynamics): number {
  expectPositive("logLossTemperature", "learningRate", learningRate);
  expectPositive("logLossTemperature", "batchSize", batchSize);
  expectPositive("logLossTemperature", "curvature", curvature);
  return (learningRate * curvature) / batchSize;
}

/**
 * The exponent of the quasi-stationary density `P(θ) ∝ L(θ)^{−φ}`: `φ = 1 + B/(ηh)`.
 *
 * Small steps, decoupled noise. Discrete SGD with the true noise has smaller effective exponents (one-dimensional
 * regression at η = .1, B = 1: fitted 9.9 where this says 11).
 *
 * @throws StabilityError INVALID_ARGUMENT.
 * @see Mori et al. (2022), arXiv:2105.09557.
 */
export const quasiStationaryExponent = (dynamics: LogLossDynamics): number => 1 + 1 / logLossTemperature(dynamics);

/**
 * The critical effective dimension `n_c = 2(B/(ηh) + 1)`: with more outlier directions the minimum cannot hold SGD.
 *
 * It is where `L^{−φ}` stops being normalisable, `n = 2φ` (this reading derived here).
 *
 * @throws StabilityError INVALID_ARGUMENT.
 * @see Mori et al. (2022), arXiv:2105.09557.
 */
export const criticalDimension = (dynamics: LogLossDynamics): number => 2 * quasiStationaryExponent(dynamics);

/**
 * The barrier that controls escape, `Δ log L = log L(θˢ)/L(θ*)`.
 *
 * @throws StabilityError INVALID_ARGUMENT.
 * @see Mori et al. (2022), arXiv:2105.09557.
 */
export function logBarrier(lossAtMinimum: number, lossAtSaddle: number): number {
  expectPositive("logBarrier", "lossAtMinimum", lossAtMinimum);
  expectPositive("logBarrier", "lossAtSaddle", lossAtSaddle);
  return Math.log(lossAtSaddle / lossAtMinimum);
}

/** A way out of a minimum over a saddle. */
export interface EscapeRoute {
  /** `L(θ*) > 0`. */
  lossAtMinimum: number;
  /** `L(θˢ)`. */
  lossAtSaddle: number;
  /** Outlier eigenvalues of the Hessian at the minimum, positive; length n. */
  minimumCurvatures: ArrayLike<number>;
  /** Those at the saddle in the same order; exactly one is negative, along the way out. */
  saddleCurvatures: ArrayLike<number>;
  /** η. */
  learningRate: number;
  /** B. */
  batchSize: number;
}

/** How fast SGD leaves. */
export interface EscapeRate {
  /** κ, escapes per unit of time `t = ηk`; 0 where it underflows. Times η, escapes per step. */
  rate: number;
  /** `log κ`. */
  logRate: number;
  /** The power of `L(θˢ)/L(θ*)` in 1/κ: `B/(ηh) + 1 − n/2`; from 0 on down nothing holds SGD back. */
  exponent: number;
  logBarrier: number;
}

/**
 * The power-law rate of escape with n outlier directions,
 * `κ = (|hˢ|/2π)·√(det H/|det Hˢ|)·[L(θˢ)/L(θ*)]^{−(B/(ηh) + 1 − n/2)}` with h along the way out; for n = 1
 * `(1/2π)√(h*|hˢ|)·[…]^{−(½ + B/(ηh))}`.
 *
 * For decoupled noise, small steps and a small temperature; in one dimension the mean first-passage time times κ tends to 1
 * (see `meanFirstPassageTime`).
 *
 * @throws StabilityError SHAPE_MISMATCH; INVALID_ARGUMENT.
 * @see Mori et al. (2022), arXiv:2105.09557, equation (16) in one dimension; the general form is read in the same text.
 */
export function escapeRate(route: EscapeRoute): EscapeRate {
  const { minimumCurvatures, saddleCurvatures, learningRate, batchSize } = route;
  const count = minimumCurvatures.length;
  if (count === 0 || saddleCurvatures.length !== count)
    throw new StabilityError(
      "SHAPE_MISMATCH",
      `escapeRate: expected as many saddleCurvatures as minimumCurvatures, got ${saddleCurvatures.length} and ${count}.`,
    );
  let out = -1;
  let logDeterminants = 0;
  for (let i = 0; i < count; i++) {
    const [h, s] = [minimumCurvatures[i]!, saddleCurvatures[i]!];
    expectPositive("escapeRate", `route.minimumCurvatures[${i}]`, h);
    if (!(s !== 0 && Number.isFinite(s)) || (s < 0 && out >= 0))
      throw new StabilityError(
        "INVALID_ARGUMENT",
        `escapeRate: expected route.saddleCurvatures with one negative number and no zero, got ${s} at ${i}.`,
      );
    if (s < 0) out = i;
    logDeterminants += Math.log(h / Math.abs(s));
  }
  if (out < 0)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      "escapeRate: expected route.saddleCurvatures with one negative number, got none.",
    );
  const barrier = logBarrier(route.lossAtMinimum, route.lossAtSaddle);
  const temperature = logLossTemperature({ learningRate, batchSize, curvature: minimumCurvatures[out]! });
  const exponent = 1 / temperature + 1 - count / 2;
  const logRate = Math.log(Math.abs(saddleCurvatures[out]!) / (2 * Math.PI)) + logDeterminants / 2 - exponent * barrier;
  return { rate: Math.exp(logRate), logRate, exponent, logBarrier: barrier };
}
