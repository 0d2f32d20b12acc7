import { checkInteger, checkLength, checkPositive } from "../internal/arguments.js";
import { drawsOf } from "../internal/draws.js";
import { add, noMoments, standardError } from "../internal/moments.js";
import { sizeOf } from "../internal/products.js";
import { goodEnough, isLook } from "../internal/stopping.js";
import type { Estimate, Randomness } from "../operator.js";
import { finiteLoss, scaleOf, type LossFunction } from "./loss.js";

/** What `averageCaseSharpness` accepts. */
export interface AverageCaseOptions extends Randomness {
  /** σ: the perturbation is σ·scale∘ξ with standard normal ξ. */
  sigma: number;
  /** 1 for each parameter (`"uniform"`, the default), |θᵢ| (`"adaptive"`), or your own numbers. */
  scale?: "uniform" | "adaptive" | Float64Array | undefined;
  /** Pairs ±ξ; 50 by default, or at most 1000 with `relativeError`. */
  samples?: number | undefined;
  /** Stop when the standard error is at most this fraction of the value, by the same rule as the trace. */
  relativeError?: number | undefined;
  /** Checked before every pair. */
  signal?: AbortSignal | undefined;
}

/** The average rise of the loss around a point. */
export interface AverageCaseSharpness {
  /** E L(θ + σξ) − L(θ). */
  value: number;
  standardError: number;
  /** Pairs ±ξ. */
  samples: number;
  converged: boolean;
  /** Evaluations of the loss. */
  evaluations: number;
}

/**
 * Average-case sharpness E L(θ + σ·scale∘ξ) − L(θ) for standard normal ξ, from antithetic pairs.
 *
 * A pair ±ξ gives ½(L(θ + δ) + L(θ − δ)) − L(θ), in which all odd terms cancel: at a point with a gradient its variance is far smaller
 * than that of two independent samples. To second order it is ½σ²Tr H (`averageCaseQuadratic`).
 *
 * Cost: two evaluations of the loss per pair, three vectors. Float64.
 *
 * @throws HessianEstimatorsError `INVALID_ARGUMENT`, also if the loss at the point is not finite.
 *
 * Source: Andriushchenko et al. (2023, arXiv 2302.07011), with their adaptive scale |θ|; Tsuzuku, Sato and Sugiyama (2020) and Neyshabur
 * et al. (2017) for expected sharpness in PAC-Bayes bounds.
 */
export async function averageCaseSharpness(
  loss: LossFunction,
  point: Float64Array,
  options: AverageCaseOptions,
): Promise<AverageCaseSharpness> {
  const caller = "averageCaseSharpness";
  const size = sizeOf(caller, loss);
  const draws = drawsOf(caller, size, options);
  const {
    sigma,
    scale = "uniform",
    relativeError,
    samples = relativeError === undefined ? 50 : 1000,
    signal,
  } = options;
  checkLength(caller, "point", point, size);
  checkPositive(caller, "sigma", sigma);
  checkInteger(caller, "samples", samples, 2);
  if (relativeError !== undefined) checkPositive(caller, "relativeError", relativeError);
  const reach = scaleOf(caller, point, scale);
  const center = await finiteLoss(caller, loss, point);
  const moments = noMoments();
  const now = (): AverageCaseSharpness => {
    const estimate = { value: moments.mean, standardError: standardError(moments), samples: moments.count };
    const converged = relativeError === undefined || goodEnough(estimate, relativeError);
    return { ...estimate, converged, evaluations: 1 + 2 * moments.count };
  };
  while (moments.count < samples) {
    signal?.throwIfAborted();
    const xi = draws.gaussian(moments.count);
    const at = (sign: number): Promise<number> =>
      loss.value(point.map((x, i) => x + sign * sigma * reach[i]! * xi[i]!));
    add(moments, ((await at(1)) + (await at(-1))) / 2 - center);
    if (relativeError !== undefined && isLook(moments.count) && now().converged) break;
  }
  return now();
}

/** ½σ²Tr H, the average case of the quadratic model, from an estimate of the trace. */
export const averageCaseQuadratic = <E extends Estimate>(trace: E, sigma: number): E => ({
  ...trace,
  value: (sigma ** 2 * trace.value) / 2,
  standardError: (sigma ** 2 * trace.standardError) / 2,
});
