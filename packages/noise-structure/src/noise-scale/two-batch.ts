import { NoiseStructureError } from "../errors.js";
import { expectInteger, expectSquares } from "../noise-strength/arguments.js";
import { meanOf, ratioOfMeans, type Estimate } from "../noise-strength/estimate.js";
import { noiseWeights, type Sampling } from "../noise-strength/sampling.js";

/** The size of gradient and noise, estimated from norms of minibatch gradients. */
export interface NoiseScaleEstimate {
  /** Unbiased `‖∇L‖²`; can come out negative. */
  squaredGradient: Estimate;
  /** Unbiased `Tr Σ`; can come out negative. */
  traceNoise: Estimate;
  /**
   * `B_simple = Tr Σ/‖∇L‖²`, the ratio of the two: biased by O(1/repetitions), standard error to first order. Undefined
   * where the estimate of `‖∇L‖²` is not positive: repeat more often.
   */
  noiseScale: Estimate | undefined;
}

/** Norms of minibatch gradients at two batch sizes, at one point in parameter space. */
export interface TwoBatchNorms {
  smallBatch: number;
  largeBatch: number;
  /** `‖ĝ‖²` of a small batch, one per repetition, at least two. */
  smallSquaredNorms: ArrayLike<number>;
  /** `‖ĝ‖²` of a large batch, paired with the small one of the same repetition; the two may share examples. */
  largeSquaredNorms: ArrayLike<number>;
}

/** How the batches were drawn. */
export interface NoiseScaleSampling {
  /** Default `"with-replacement"`. */
  sampling?: Sampling;
  /** n; needed by all ways of sampling but `"with-replacement"`. */
  examples?: number;
}

/**
 * Gradient noise scale from minibatches of two sizes.
 *
 * `E‖ĝ_B‖² = ‖∇L‖² + p_B·Tr Σ`, two equations for two unknowns: with replacement (p = 1/B)
 * `‖∇L‖² ≈ (B₂‖ĝ₂‖² − B₁‖ĝ₁‖²)/(B₂ − B₁)` and `Tr Σ ≈ (‖ĝ₁‖² − ‖ĝ₂‖²)/(1/B₁ − 1/B₂)`. Unbiased at fixed parameters,
 * whether or not the batches overlap; checked by enumerating all batches. The standard errors assume independent
 * repetitions.
 *
 * The estimator and the name are of McCandlish, Kaplan, Amodei & OpenAI Dota Team (2018), arXiv:1812.06162 (recalled, not
 * confirmed); the equations are derived here, also for the other ways of sampling.
 *
 * @throws NoiseStructureError INVALID_ARGUMENT for equal or descending batch sizes, fewer than two repetitions,
 *   negative squares, or `epoch-shuffle`; SHAPE_MISMATCH or NOT_FINITE.
 */
export function twoBatchNoiseScale(norms: TwoBatchNorms, options: NoiseScaleSampling = {}): NoiseScaleEstimate {
  return solveTwoBatch("twoBatchNoiseScale", norms, options);
}

/** @internal */
export function solveTwoBatch(caller: string, norms: TwoBatchNorms, options: NoiseScaleSampling): NoiseScaleEstimate {
  const { smallBatch, largeBatch, smallSquaredNorms, largeSquaredNorms } = norms;
  const { sampling = "with-replacement", examples = Infinity } = options;
  const repetitions = smallSquaredNorms.length;
  expectInteger(caller, "the number of repetitions", repetitions, 2);
  expectSquares(caller, "smallSquaredNorms", smallSquaredNorms, repetitions);
  expectSquares(caller, "largeSquaredNorms, one for each small one", largeSquaredNorms, repetitions);
  if (!(smallBatch < largeBatch))
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: expected smallBatch below largeBatch, got ${smallBatch} and ${largeBatch}.`,
    );
  const small = noiseWeights({ batchSize: smallBatch, sampling, examples }, caller);
  const large = noiseWeights({ batchSize: largeBatch, sampling, examples }, caller);
  // E‖ĝ‖² = (1 + gradient)·‖∇L‖² + noise·Tr Σ for each of the two.
  const determinant = (1 + large.gradient) * small.noise - (1 + small.gradient) * large.noise;
  const squared = new Float64Array(repetitions);
  const traces = new Float64Array(repetitions);
  for (let k = 0; k < repetitions; k++) {
    const s = smallSquaredNorms[k]!;
    const l = largeSquaredNorms[k]!;
    squared[k] = (small.noise * l - large.noise * s) / determinant;
    traces[k] = ((1 + large.gradient) * s - (1 + small.gradient) * l) / determinant;
  }
  const squaredGradient = meanOf(squared);
  const traceNoise = meanOf(traces);
  return { squaredGradient, traceNoise, noiseScale: ratioOfMeans(traces, squared) };
}
