import { NoiseStructureError } from "../errors.js";
import { expectInteger, expectPositive } from "../noise-strength/arguments.js";

/**
 * A stationary density of one-dimensional regression, `p(θ) = (1 + θ²/width²)^(−power)` normalised, θ from the minimum: Student's
 * law with `2·power − 1` degrees of freedom.
 */
export interface OneDimensionalDensity {
  power: number;
  /** Where the density has fallen to `2^(−power)`. */
  width: number;
  /** `width²/(2·power − 3)`, Infinity for a power of at most 3/2. */
  variance: number;
  /** Tail index τ of the density `|θ|^(−1−τ)`, `2·power − 1`. */
  tailIndex: number;
  /** log p(θ). */
  logDensity: (theta: number) => number;
}

/**
 * Three predictions for where SGD settles on one-dimensional regression, `x ~ N(0, a)`, `y = ε ~ N(0, σ²)`:
 *
 * | law | noise of one example | density |
 * | --- | --- | --- |
 * | `decoupled` | `a(σ² + aθ²)`, that is 2L·h | `(σ² + aθ²)^(−1 − B/(ηa))`, L to the power −φ |
 * | `true-noise` | `a(σ² + 2aθ²)`, the exact one | `(σ² + 2aθ²)^(−1 − B/(2ηa))` |
 * | `moment-matched` | | `(σ² + aθ²)^(−(1 + τ)/2)` with `τ = 2B/(ηa) − B` |
 *
 * The first two solve the equation of small steps, `dθ = −aθ dt + √(η·noise/B) dW`. The third has the variance of SGD itself at any
 * learning rate, `(ησ²/B)/(2 − ηa(1 + 2/B))`, and a tail that is exact only where τ = 2; see `gaussianTailIndex`.
 *
 * Sources: `decoupled` Mori, Ziyin, Liu & Ueda (2022), arXiv:2105.09557; `moment-matched` Ziyin, Liu, Mori & Ueda (2022),
 * arXiv:2102.05375; `true-noise`, and that the third matches the variance, derived here.
 *
 * @param law - Which of the three.
 * @param dynamics.curvature - a. Default 1.
 * @param dynamics.labelVariance - σ² above 0. Default 1.
 * @returns For `moment-matched` beyond ηa = 2 the power is below 1/2 and nothing can be normalised: `logDensity` is −Infinity there.
 * @throws NoiseStructureError INVALID_ARGUMENT.
 */
export function oneDimensionalDensity(
  law: "decoupled" | "true-noise" | "moment-matched",
  dynamics: { learningRate: number; batchSize: number; curvature?: number; labelVariance?: number },
): OneDimensionalDensity {
  const caller = "oneDimensionalDensity";
  const { learningRate, batchSize, curvature = 1, labelVariance = 1 } = dynamics;
  if (!["decoupled", "true-noise", "moment-matched"].includes(law))
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: expected law "decoupled", "true-noise" or "moment-matched", got "${law}".`,
    );
  expectPositive(caller, "learningRate", learningRate);
  expectInteger(caller, "batchSize", batchSize);
  expectPositive(caller, "curvature", curvature);
  expectPositive(caller, "labelVariance", labelVariance);
  const ratio = batchSize / (learningRate * curvature);
  const power =
    law === "decoupled" ? 1 + ratio : law === "true-noise" ? 1 + ratio / 2 : (1 + 2 * ratio - batchSize) / 2;
  const width = Math.sqrt(labelVariance / (law === "true-noise" ? 2 * curvature : curvature));
  // ∫(1 + u²)^(−q) du = √π Γ(q − ½)/Γ(q).
  const logMass =
    power > 0.5
      ? Math.log(width) + 0.5 * Math.log(Math.PI) + logGamma(power - 0.5) - logGamma(power)
      : Number.POSITIVE_INFINITY;
  return {
    power,
    width,
    variance: power > 1.5 ? width ** 2 / (2 * power - 3) : Infinity,
    tailIndex: 2 * power - 1,
    logDensity: (theta) => -power * Math.log1p((theta / width) ** 2) - logMass,
  };
}

/** log Γ(x) for x > 0: recurrence up to x ≥ 16, then Stirling's series. */
function logGamma(x: number): number {
  let shift = 0;
  while (x < 16) shift -= Math.log(x++);
  const f = 1 / (x * x);
  const series = (1 / 12 - f * (1 / 360 - f * (1 / 1260 - f * (1 / 1680 - f / 1188)))) / x;
  return shift + (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}
