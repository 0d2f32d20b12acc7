import { largestEigenpair, multiplyVector, scale } from "@sgdscope/linear-algebra";
import type { PreparedMinimum } from "../minimum.js";
import { blocksOfProduct, timesBlocks } from "../residual-blocks.js";
import { expectPositive } from "../errors.js";
import { weightsFor, type Batches } from "../sampling.js";
import { defineBound, whereCentred } from "./bound.js";

/**
 * The sufficient condition of Wu, Ma & E: SGD is stable when `λ_max((I − ηH)² + η²p·Σ_H) ≤ 1`, `Σ_H = (1/n)ΣHᵢ² − H²`.
 *
 * On the range of H this is `η ≤ 2/λ_max(H^{-1/2}[(1−p)H² + p(1/n)ΣHᵢ²]H^{-1/2})`, and with the eigenvectors U of the Gram
 * matrix the inner matrix is `(1−p)Λ + p·Uᵀ blockdiag(K_ii) U`: no search for a root. The closed form, and the Bernoulli
 * case with `H²` in place of `(1−p)H²`, are derived here.
 *
 * Its picture with sharpness `a = λ_max(H)` and non-uniformity `s = λ_max(Σ_H)^{1/2}` below `1/(η√p)` belongs to this
 * sufficient condition: a stable minimum may have larger s.
 *
 * @see Wu, Ma & E (2018), How SGD selects the global minima in over-parameterized learning, NeurIPS.
 */
export const wuMaEBound = defineBound(
  {
    id: "wu-ma-e",
    label: "Wu–Ma–E",
    kind: "sufficient",
    assumptions:
      "Linearised model at a global minimum; E‖δ‖² falls at every step from every state, which is more than stability.",
    source: "Wu, Ma & E (2018), NeurIPS",
    evidence: whereCentred("sourced"),
    diagram: true,
  },
  (minimum, { noise, fullBatch }) => {
    const { rank, eigenvalues, examples } = minimum;
    const meanSquare = meanSquareOf(minimum);
    const inner = (x: Float64Array): Float64Array => {
      const scaled = x.map((value, a) => value / Math.sqrt(eigenvalues[a]!));
      const image = meanSquare(scaled);
      return image.map(
        (value, a) => fullBatch * eigenvalues[a]! * x[a]! + (noise * value) / Math.sqrt(eigenvalues[a]!),
      );
    };
    const { value } = largestEigenpair(inner, startVector(rank), { tolerance: 1e-9, maxProducts: 20 * examples + 500 });
    return { criticalLearningRate: 2 / value };
  },
);

/**
 * The non-uniformity `s = λ_max(Σ_H)^{1/2}` with `Σ_H = (1/n)ΣHᵢ² − H²`.
 *
 * @see Wu, Ma & E (2018), NeurIPS.
 */
export function nonUniformity(minimum: PreparedMinimum): number {
  const { rank, eigenvalues } = minimum;
  const meanSquare = meanSquareOf(minimum);
  const { value } = largestEigenpair(
    (x) => meanSquare(x).map((y, a) => y - eigenvalues[a]! ** 2 * x[a]!),
    startVector(rank),
    { tolerance: 1e-9, maxProducts: 20 * minimum.examples + 500 },
  );
  return Math.sqrt(Math.max(0, value));
}

/**
 * The region of sharpness `a = λ_max(H)` and non-uniformity `s` in which stable minima are drawn, `0 ≤ a ≤ 2/η` and
 * `0 ≤ s ≤ 1/(η√p)`, without replacement `(1/η)√(B(n − 1)/(n − B))`, about `√B/η`.
 *
 * The side of s belongs to the sufficient condition of {@link wuMaEBound}: a stable minimum may lie beyond it (checked here:
 * random problems are stable up to `ηs√p = 1.07`). In one dimension `(1 − ηa)² + η²ps² ≤ 1` is exact.
 *
 * @param learningRate - η.
 * @returns The largest a and s; s without limit for the full batch.
 * @throws StabilityError as `samplingFactor`; INVALID_ARGUMENT for a learning rate that is not positive.
 * @see Wu, Ma & E (2018), NeurIPS.
 */
export function sharpnessRegion(
  learningRate: number,
  examples: number,
  batches: Batches,
): { sharpness: number; nonUniformity: number } {
  expectPositive("sharpnessRegion", "learningRate", learningRate);
  const { noise } = weightsFor("sharpnessRegion", examples, batches);
  return {
    sharpness: 2 / learningRate,
    nonUniformity: noise > 0 ? 1 / (learningRate * Math.sqrt(noise)) : Infinity,
  };
}

/** `x ↦ (1/n) Σ Hᵢ²x = (1/n) Xᵀ blockdiag(XᵢXᵢᵀ) Xx`. */
function meanSquareOf({ examples, outputs, rank, features, transposedFeatures }: PreparedMinimum) {
  const size = examples * outputs;
  const blocks = blocksOfProduct(features, features, rank, outputs);
  return (x: Float64Array): Float64Array => {
    const image = timesBlocks(multiplyVector(features, x, size, rank), blocks, 1, outputs);
    return scale(1 / examples, multiplyVector(transposedFeatures, image, rank, size));
  };
}

/** A start without symmetry, so that it is orthogonal to no eigenvector that the data single out. */
const startVector = (rank: number): Float64Array =>
  Float64Array.from({ length: rank }, (_, a) => 1 + 0.5 * Math.sin(a + 1));
