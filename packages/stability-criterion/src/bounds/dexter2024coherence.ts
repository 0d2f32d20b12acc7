import { largestEigenpair, multiplyVector } from "@sgdscope/linear-algebra";
import type { PreparedMinimum } from "../minimum.js";
import { oncePerMinimum } from "../once.js";
import { defineBound, limitOf } from "./bound.js";

/**
 * The coherence `σ = λ_max(S)/maxᵢ λ_max(Hᵢ)` with `S_ij = √Tr(HᵢHⱼ) = ‖K_ij‖_F`: from 1 for orthogonal examples to n for
 * identical ones. The root in `S` is needed for the units of the theorem.
 *
 * @see Dexter, Ocejo, Keerthi, Gupta, Acharya & Khanna (2024), arXiv:2401.12332, as restated by later work.
 */
export const coherence = oncePerMinimum((minimum: PreparedMinimum): number => {
  const { examples: n, outputs, system } = minimum;
  const size = n * outputs;
  const s = new Float64Array(n * n);
  let sharpest = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let square = 0;
      for (let c = 0; c < outputs; c++)
        for (let d = 0; d < outputs; d++) square += system.gram[(i * outputs + c) * size + j * outputs + d]! ** 2;
      s[i * n + j] = Math.sqrt(square);
    }
    const own = new Float64Array(outputs * outputs);
    for (let c = 0; c < outputs; c++)
      for (let d = 0; d < outputs; d++) own[c * outputs + d] = system.gram[(i * outputs + c) * size + i * outputs + d]!;
    if (own.some((value) => value !== 0)) sharpest = Math.max(sharpest, largest(own, outputs));
  }
  return largest(s, n) / sharpest;
});

const largest = (matrix: Float64Array, size: number): number =>
  largestEigenpair(
    (x) => multiplyVector(matrix, x, size, size),
    Float64Array.from({ length: size }, (_, a) => 1 + 0.5 * Math.sin(a + 1)),
    { tolerance: 1e-9, maxProducts: 20 * size + 500 },
  ).value;

/**
 * Divergence from coherence: SGD with Bernoulli batches is unstable when `λ_max(H) > (σ/η)(n/B − 1)^{-1/2}`, so stability
 * needs `η ≤ (σ/λ_max)(n/B − 1)^{-1/2}`. Undefined for other ways of sampling.
 *
 * @see Dexter et al. (2024), arXiv:2401.12332, Theorem 1, as restated by later work; checked here.
 */
export const coherenceBound = defineBound(
  {
    id: "coherence",
    label: "coherence",
    kind: "necessary",
    assumptions: "Linearised model at a global minimum; Bernoulli batches.",
    source: "Dexter et al. (2024), arXiv:2401.12332, Theorem 1",
    evidence: "sourced",
    diagram: true,
  },
  (minimum, { sampling, batchSize }) => {
    if (sampling !== "bernoulli") return undefined;
    const excess = minimum.examples / batchSize - 1;
    const limit = excess > 0 ? coherence(minimum) / Math.sqrt(excess) : Infinity;
    return limitOf("λ_max(H)", minimum.eigenvalues[0]!, limit);
  },
);

/**
 * The near-optimality of the coherence: among Hessians of coherence σ some are stable whenever
 * `λ_max(H) ≤ (2σ/η)(n/B + σ − 1)^{-1}`. It speaks of the best case for σ, not of the system at hand. Recalled, not
 * confirmed; it is the exact threshold of orthogonal examples of equal norm (σ = 1) and of identical ones (σ = n). Bernoulli
 * batches only.
 */
export const bestCaseCoherenceBound = defineBound(
  {
    id: "coherence-best-case",
    label: "coherence, best case",
    kind: "idealised",
    assumptions: "The most stable Hessians that share the coherence and λ_max of the given ones; Bernoulli batches.",
    source: "Dexter et al. (2024), arXiv:2401.12332, Theorem 2",
    evidence: "recalled",
  },
  (minimum, { sampling, batchSize }) => {
    if (sampling !== "bernoulli") return undefined;
    const sigma = coherence(minimum);
    return limitOf("λ_max(H)", minimum.eigenvalues[0]!, (2 * sigma) / (minimum.examples / batchSize + sigma - 1));
  },
);
