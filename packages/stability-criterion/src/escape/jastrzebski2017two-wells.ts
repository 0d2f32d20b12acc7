import { expectPositive, StabilityError } from "../errors.js";

/** A minimum as the Laplace approximation sees it. */
export interface Well {
  /** L at the bottom. */
  loss: number;
  /** Eigenvalues of the Hessian, positive; as many for both wells. */
  curvatures: ArrayLike<number>;
}

/**
 * The noise n of the Boltzmann density `P ∝ exp(−L/n)` that SGD with isotropic gradient noise `σ²I` per example settles in:
 * `n = ησ²/(2S)`. It depends on learning rate and batch size through η/S alone, for small steps.
 *
 * @throws StabilityError INVALID_ARGUMENT.
 * @see Jastrzębski et al. (2017), Three factors influencing minima in SGD, arXiv:1711.04623, Theorem 1.
 */
export function boltzmannNoise(options: { learningRate: number; batchSize: number; variance: number }): number {
  const { learningRate, batchSize, variance } = options;
  expectPositive("boltzmannNoise", "options.learningRate", learningRate);
  expectPositive("boltzmannNoise", "options.batchSize", batchSize);
  expectPositive("boltzmannNoise", "options.variance", variance);
  return (learningRate * variance) / (2 * batchSize);
}

/**
 * The odds `p_A/p_B` of two wells in the Laplace approximation, `√(det H_B/det H_A)·exp((L_B − L_A)/n)`.
 *
 * @param noise - n, see {@link boltzmannNoise}.
 * @returns Infinity or 0 where it overflows or vanishes.
 * @throws StabilityError SHAPE_MISMATCH, INVALID_ARGUMENT.
 * @see Jastrzębski et al. (2017), arXiv:1711.04623, Theorem 2 with n as in Theorem 1.
 */
export function laplaceOdds(a: Well, b: Well, noise: number): number {
  expectPositive("laplaceOdds", "noise", noise);
  return Math.exp(logVolumeRatio("laplaceOdds", a, b) + (b.loss - a.loss) / noise);
}

/**
 * The noise beyond which the wider well A, though higher, is the more probable:
 * `n* = (L_A − L_B)/ln√(det H_B/det H_A)`.
 *
 * @returns NaN where the wells have equal volumes and no noise changes their order; negative where one of them is both
 *   lower and wider, so that it is the more probable at every noise.
 * @throws StabilityError SHAPE_MISMATCH, INVALID_ARGUMENT.
 * @see Jastrzębski et al. (2017), arXiv:1711.04623.
 */
export function crossoverNoise(a: Well, b: Well): number {
  const ratio = logVolumeRatio("crossoverNoise", a, b);
  return ratio === 0 ? NaN : (a.loss - b.loss) / ratio;
}

/** `ln √(det H_B/det H_A)`. */
function logVolumeRatio(caller: string, a: Well, b: Well): number {
  if (a.curvatures.length !== b.curvatures.length || a.curvatures.length === 0)
    throw new StabilityError(
      "SHAPE_MISMATCH",
      `${caller}: expected wells with equally many curvatures, got ${a.curvatures.length} and ${b.curvatures.length}.`,
    );
  for (const [name, { loss }] of Object.entries({ a, b }))
    if (!Number.isFinite(loss))
      throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected ${name}.loss to be finite, got ${loss}.`);
  let sum = 0;
  for (let i = 0; i < a.curvatures.length; i++) {
    expectPositive(caller, `a.curvatures[${i}]`, a.curvatures[i]!);
    expectPositive(caller, `b.curvatures[${i}]`, b.curvatures[i]!);
    sum += Math.log(b.curvatures[i]! / a.curvatures[i]!) / 2;
  }
  return sum;
}
