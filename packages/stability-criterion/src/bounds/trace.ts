import { defineBound, limitOf, whereCentred } from "./bound.js";

/**
 * The trace bound, `η ≤ 2Tr(H)/[(1−p)‖H‖_F² + (p/n)Σ‖Hᵢ‖_F²]`: the exact criterion tested at the identity.
 *
 * @see Mulayoff & Michaeli (2024), arXiv:2306.07850, Proposition 3, equation (16).
 */
export const traceBound = defineBound(
  {
    id: "trace",
    label: "trace",
    kind: "necessary",
    assumptions: "Linearised model at a global minimum; stability tested on an isotropic covariance.",
    source: "Mulayoff & Michaeli (2024), arXiv:2306.07850, equation (16)",
    evidence: whereCentred("sourced"),
    diagram: true,
  },
  ({ powerTraces: [t1, t2], meanSquaredH }, { fullBatch, noise }) => ({
    criticalLearningRate: (2 * t1) / (fullBatch * t2 + noise * meanSquaredH),
  }),
);

/**
 * The trace bound after Jensen's inequality, `η ≤ 2Tr(H)/[(1−p)‖H‖_F² + pTr(H)²/C]`, which needs the spectrum alone.
 * Derived here; for B = 1 and one output it contains that of Wu & Su (2023).
 */
export const traceJensenBound = defineBound(
  {
    id: "trace-jensen",
    label: "trace, Jensen",
    kind: "necessary",
    assumptions:
      "Linearised model at a global minimum; stability tested on an isotropic covariance, with the spread of ‖Hᵢ‖_F among examples left out.",
    source: "derived here",
    evidence: "derived here",
  },
  ({ powerTraces: [t1, t2], outputs }, { fullBatch, noise }) => ({
    criticalLearningRate: (2 * t1) / (fullBatch * t2 + (noise * t1 * t1) / outputs),
  }),
);

/**
 * The simple trace bound, `Tr(H) ≤ 2C/(pη)`; for B = 1 and one output `Tr(H) ≤ 2/η`.
 *
 * @see Wu & Su (2023), arXiv:2305.17490, for B = 1; other batch sizes and several outputs are derived here.
 */
export const simpleTraceBound = defineBound(
  {
    id: "trace-simple",
    label: "trace, simple",
    kind: "necessary",
    assumptions:
      "Linearised model at a global minimum; as the trace bound after Jensen, with the full-batch term left out.",
    source: "Wu & Su (2023), arXiv:2305.17490, for B = 1",
    evidence: ({ outputs }, { noise }) => (noise === 1 && outputs === 1 ? "sourced" : "derived here"),
  },
  ({ powerTraces: [t1], outputs }, { noise }) => limitOf("Tr H", t1, noise > 0 ? (2 * outputs) / noise : Infinity),
);
