import { expectPositive, StabilityError } from "../errors.js";

/** How hard it is to leave a minimum over a barrier, at a finite learning rate. */
export interface FiniteLearningRateEscape {
  /** `T = kΣ = λc/[(1 − β)(2 − λk/(1 + β))]`. */
  temperature: number;
  /** `−ΔL/T`: the escape rate is in proportion to its exponential. */
  exponent: number;
  /** The limit of small learning rates, `λc/[2(1 − β)]`; always lower. */
  continuousTemperature: number;
  /** `−ΔL` over the continuous temperature: it promises too long a stay at a sharp minimum. */
  continuousExponent: number;
}

/**
 * The exponent of the rate at which SGD with momentum `m ← βm + g, w ← w − λm` leaves a sharp minimum, `−ΔL/(kΣ)`: the
 * temperature is that of the exact stationary variance Σ of the discrete dynamics, as in `P ∝ exp(−L/T)` with `L = ½kw²`.
 * Noise in proportion to curvature, `c = k/S`, gives `−ΔL·S(1 − β)(2 − λk/(1 + β))/(λk)`. At the edge `λk = 2(1 + β)` it is 0.
 *
 * Derived here; the prefactor is not part of it. Exact in the limit of weak Gaussian noise for an exit from a parabola, which
 * the tests compare with exact mean exit times.
 *
 * @param options.barrier - ΔL, height of the barrier over the minimum.
 * @param options.curvature - k at the minimum, along the way out.
 * @param options.noise - c, variance of the minibatch gradient along it (batch size included).
 * @param options.learningRate - λ, below the edge.
 * @param options.momentum - β in [0, 1). Default 0.
 * @throws StabilityError INVALID_ARGUMENT.
 * @see Liu, Ziyin & Ueda (2021), arXiv:2012.03636, for Σ.
 */
export function finiteLearningRateEscape(options: {
  barrier: number;
  curvature: number;
  noise: number;
  learningRate: number;
  momentum?: number;
}): FiniteLearningRateEscape {
  const { barrier, curvature, noise, learningRate, momentum = 0 } = options;
  const caller = "finiteLearningRateEscape";
  expectPositive(caller, "options.barrier", barrier);
  expectPositive(caller, "options.curvature", curvature);
  expectPositive(caller, "options.noise", noise);
  expectPositive(caller, "options.learningRate", learningRate);
  if (!(momentum >= 0 && momentum < 1))
    throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected options.momentum in [0, 1), got ${momentum}.`);
  const rest = 2 - (learningRate * curvature) / (1 + momentum);
  if (!(rest > 0))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected options.learningRate below 2(1 + momentum)/curvature = ${(2 * (1 + momentum)) / curvature}, got ${learningRate}.`,
    );
  const drive = (learningRate * noise) / (1 - momentum);
  return {
    temperature: drive / rest,
    exponent: (-barrier * rest) / drive,
    continuousTemperature: drive / 2,
    continuousExponent: (-2 * barrier) / drive,
  };
}
