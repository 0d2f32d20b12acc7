import type { PreparedMinimum } from "../minimum.js";
import type { SamplingWeights } from "../sampling.js";
import { evidenceFor, type Bound } from "./bound.js";

/**
 * The trace bound, `η ≤ 2Tr(H)/[(1−p)‖H‖_F² + (p/n)Σ‖Hᵢ‖_F²]`: the exact criterion tested at the identity.
 *
 * @see Mulayoff & Michaeli (2024), arXiv:2306.07850, Proposition 3, equation (16).
 */
export function traceBound({ powerTraces: [t1, t2], meanSquaredH }: PreparedMinimum, weights: SamplingWeights): Bound {
  return {
    name: "trace",
    criticalLearningRate: (2 * t1) / (weights.fullBatch * t2 + weights.noise * meanSquaredH),
    kind: "necessary",
    assumptions: "Linearised model at a global minimum; stability tested on an isotropic covariance.",
    source: "Mulayoff & Michaeli (2024), arXiv:2306.07850, equation (16)",
    evidence: evidenceFor(weights, "sourced"),
  };
}

/**
 * The trace bound after Jensen's inequality, `η ≤ 2Tr(H)/[(1−p)‖H‖_F² + pTr(H)²/C]`, which needs the spectrum alone.
 * Derived here; for B = 1 and one output it contains that of Wu & Su (2023).
 */
export function traceJensenBound({ powerTraces: [t1, t2], outputs }: PreparedMinimum, weights: SamplingWeights): Bound {
  return {
    name: "trace, Jensen",
    criticalLearningRate: (2 * t1) / (weights.fullBatch * t2 + (weights.noise * t1 * t1) / outputs),
    kind: "necessary",
    assumptions:
      "Linearised model at a global minimum; stability tested on an isotropic covariance, with the spread of ‖Hᵢ‖_F among examples left out.",
    source: "derived here",
    evidence: "derived here",
  };
}

/**
 * The simple trace bound, `Tr(H) ≤ 2C/(pη)`; for B = 1 and one output `Tr(H) ≤ 2/η`.
 *
 * @see Wu & Su (2023), arXiv:2305.17490, for B = 1; other batch sizes and several outputs are derived here.
 */
export function simpleTraceBound({ powerTraces: [t1], outputs }: PreparedMinimum, { noise }: SamplingWeights): Bound {
  const limit = noise > 0 ? (2 * outputs) / noise : Infinity;
  return {
    name: "trace, simple",
    criticalLearningRate: limit / t1,
    kind: "necessary",
    assumptions:
      "Linearised model at a global minimum; as the trace bound after Jensen, with the full-batch term left out.",
    curvature: { quantity: "Tr H", value: t1, limitTimesLearningRate: limit },
    source: "Wu & Su (2023), arXiv:2305.17490, for B = 1",
    evidence: noise === 1 && outputs === 1 ? "sourced" : "derived here",
  };
}
