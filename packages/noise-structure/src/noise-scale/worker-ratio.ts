import { NoiseStructureError } from "../errors.js";
import { expectInteger, expectSquares } from "../noise-strength/arguments.js";
import { meanOf } from "../noise-strength/estimate.js";
import { solveTwoBatch, type NoiseScaleEstimate, type NoiseScaleSampling } from "./two-batch.js";

/** Gradients of data-parallel workers, at one point in parameter space. */
export interface WorkerNorms {
  /** K, at least 2. */
  workers: number;
  /** b, examples of one worker. */
  batchSize: number;
  /** `(1/K) Σ_k‖ĝ_k‖²` over the workers, one per repetition, at least two. */
  meanSquaredNorms: ArrayLike<number>;
  /** `‖(1/K) Σ_k ĝ_k‖²` of the averaged gradient of the same repetition. */
  averagedSquaredNorms: ArrayLike<number>;
}

/** The noise scale with the ratio of norms it follows from. */
export interface WorkerNoiseScale extends NoiseScaleEstimate {
  /** `r = mean (1/K) Σ‖ĝ_k‖² / mean ‖ĝ‖²`, from 1 (no noise) to K (no gradient). */
  ratio: number;
}

/**
 * Gradient noise scale from the gradients that data-parallel workers average anyway.
 *
 * The workers' gradients are batches of b and their average is a batch of Kb, so this is the two-batch estimator; with
 * replacement `B_simple = b(r − 1)/(1 − r/K)`. Derived here. That worker gradients carry the statistical efficiency is
 * the idea of Tyagi & Sharma (2023), arXiv:2303.06659, whose own equations were not seen.
 *
 * @param options - With `"without-replacement"` the workers hold different examples.
 * @throws NoiseStructureError INVALID_ARGUMENT for fewer than two workers or repetitions, averaged gradients of 0, or
 *   `bernoulli`, where workers would not have b examples each; SHAPE_MISMATCH or NOT_FINITE.
 */
export function workerNoiseScale(norms: WorkerNorms, options: NoiseScaleSampling = {}): WorkerNoiseScale {
  const caller = "workerNoiseScale";
  const { workers, batchSize, meanSquaredNorms, averagedSquaredNorms } = norms;
  expectInteger(caller, "workers", workers, 2);
  expectInteger(caller, "batchSize", batchSize);
  expectInteger(caller, "the number of repetitions", meanSquaredNorms.length, 2);
  expectSquares(caller, "meanSquaredNorms", meanSquaredNorms, meanSquaredNorms.length);
  expectSquares(caller, "averagedSquaredNorms, one for each mean", averagedSquaredNorms, meanSquaredNorms.length);
  const averaged = meanOf(averagedSquaredNorms).value;
  if (options.sampling === "bernoulli")
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: sampling "bernoulli" is not covered, because its batches have no fixed size.`,
    );
  if (!(averaged > 0))
    throw new NoiseStructureError("INVALID_ARGUMENT", `${caller}: all averaged gradients are 0, so no ratio exists.`);
  const found = solveTwoBatch(
    caller,
    {
      smallBatch: batchSize,
      largeBatch: workers * batchSize,
      smallSquaredNorms: meanSquaredNorms,
      largeSquaredNorms: averagedSquaredNorms,
    },
    options,
  );
  return { ...found, ratio: meanOf(meanSquaredNorms).value / averaged };
}
