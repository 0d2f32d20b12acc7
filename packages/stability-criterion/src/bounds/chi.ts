import type { PreparedMinimum } from "../minimum.js";
import type { SamplingWeights } from "../sampling.js";
import type { Bound } from "./bound.js";

/**
 * The exact criterion tested at H itself: `η ≤ 2Tr(H³)/[(1−p)Tr(H⁴) + (p/n)Σ‖JᵢHJᵢᵀ‖_F²]`; for one output the last sum is
 * that of `χᵢ²`. Derived here.
 */
export function chiBound({ powerTraces, meanSquaredChi }: PreparedMinimum, weights: SamplingWeights): Bound {
  const [, , t3, t4] = powerTraces;
  return {
    name: "chi",
    criticalLearningRate: (2 * t3) / (weights.fullBatch * t4 + weights.noise * meanSquaredChi),
    kind: "necessary",
    assumptions: "Linearised model at a global minimum; stability tested on a covariance in proportion to H.",
    source: "derived here",
    evidence: "derived here",
  };
}

/** The same after Jensen's inequality: `η ≤ 2Tr(H³)/[(1−p)Tr(H⁴) + p‖H‖_F⁴/C]`, from the spectrum alone. Derived here. */
export function chiJensenBound({ powerTraces, outputs }: PreparedMinimum, weights: SamplingWeights): Bound {
  const [, t2, t3, t4] = powerTraces;
  return {
    name: "chi, Jensen",
    criticalLearningRate: (2 * t3) / (weights.fullBatch * t4 + (weights.noise * t2 * t2) / outputs),
    kind: "necessary",
    assumptions:
      "Linearised model at a global minimum; stability tested on a covariance in proportion to H, with the spread of χ among examples left out.",
    source: "derived here",
    evidence: "derived here",
  };
}

/**
 * The Frobenius bound that needs no alignment assumption: `‖H‖_F ≤ 2√C/(η√p)`, with replacement and one output `2√B/η`.
 * From the chi bound, `Tr(H³) ≤ λ_max‖H‖_F²` and `ηλ_max ≤ 2`. Derived here.
 */
export function frobeniusBound({ frobeniusH, outputs }: PreparedMinimum, { noise }: SamplingWeights): Bound {
  const limit = noise > 0 ? 2 * Math.sqrt(outputs / noise) : Infinity;
  return {
    name: "Frobenius, unconditional",
    criticalLearningRate: limit / frobeniusH,
    kind: "necessary",
    assumptions: "Linearised model at a global minimum and ηλ_max ≤ 2; nothing about the alignment.",
    curvature: { quantity: "‖H‖_F", value: frobeniusH, limitTimesLearningRate: limit },
    source: "derived here",
    evidence: "derived here",
  };
}
