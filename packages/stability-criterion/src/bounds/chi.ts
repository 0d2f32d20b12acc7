import { defineBound, limitOf } from "./bound.js";

/**
 * The exact criterion tested at H itself: `η ≤ 2Tr(H³)/[(1−p)Tr(H⁴) + (p/n)Σ‖JᵢHJᵢᵀ‖_F²]`; for one output the last sum is
 * that of `χᵢ²`. Derived here.
 */
export const chiBound = defineBound(
  {
    id: "chi",
    label: "chi",
    kind: "necessary",
    assumptions: "Linearised model at a global minimum; stability tested on a covariance in proportion to H.",
    source: "derived here",
    evidence: "derived here",
    diagram: true,
  },
  ({ powerTraces: [, , t3, t4], meanSquaredChi }, { fullBatch, noise }) => ({
    criticalLearningRate: (2 * t3) / (fullBatch * t4 + noise * meanSquaredChi),
  }),
);

/** The same after Jensen's inequality: `η ≤ 2Tr(H³)/[(1−p)Tr(H⁴) + p‖H‖_F⁴/C]`, from the spectrum alone. Derived here. */
export const chiJensenBound = defineBound(
  {
    id: "chi-jensen",
    label: "chi, Jensen",
    kind: "necessary",
    assumptions:
      "Linearised model at a global minimum; stability tested on a covariance in proportion to H, with the spread of χ among examples left out.",
    source: "derived here",
    evidence: "derived here",
  },
  ({ powerTraces: [, t2, t3, t4], outputs }, { fullBatch, noise }) => ({
    criticalLearningRate: (2 * t3) / (fullBatch * t4 + (noise * t2 * t2) / outputs),
  }),
);

/**
 * The Frobenius bound that needs no alignment assumption: `‖H‖_F ≤ 2√C/(η√p)`, with replacement and one output `2√B/η`.
 * From the chi bound, `Tr(H³) ≤ λ_max‖H‖_F²` and `ηλ_max ≤ 2`. Derived here.
 */
export const frobeniusBound = defineBound(
  {
    id: "frobenius",
    label: "Frobenius, unconditional",
    kind: "necessary",
    assumptions: "Linearised model at a global minimum and ηλ_max ≤ 2; nothing about the alignment.",
    source: "derived here",
    evidence: "derived here",
    diagram: true,
  },
  ({ frobeniusG, outputs }, { noise }) =>
    limitOf("‖H‖_F", frobeniusG, noise > 0 ? 2 * Math.sqrt(outputs / noise) : Infinity),
);
