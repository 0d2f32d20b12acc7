import type { Sampling } from "@sgdscope/random";
import { NoiseStructureError } from "../errors.js";
import { expectInteger, expectPositive } from "./arguments.js";

export type { Sampling };

/** A batch size and how the batch is drawn, independently every time. */
export interface Batches {
  /** B. For `bernoulli` the expected size: each example enters with probability B/n, and the sum is divided by B. */
  batchSize: number;
  /** Default `"without-replacement"`. */
  sampling?: Sampling;
  /** n, the examples that batches are drawn from. Infinity, with replacement only, for a stream of fresh examples. */
  examples: number;
}

/** `Cov(ĝ) = noise·Σ + gradient·∇L∇Lᵀ` for the gradient ĝ of a minibatch. */
export interface NoiseWeights {
  /** The sampling factor p. */
  noise: number;
  /** p for Bernoulli batches, otherwise 0. */
  gradient: number;
}

/**
 * How per-example noise enters the covariance of a minibatch gradient: `p·Σ`, and for Bernoulli batches, whose noise is not
 * centred, `p·Σ₁ = p·Σ + p·∇L∇Lᵀ`.
 *
 * | sampling | p |
 * | --- | --- |
 * | `with-replacement` | `1/B` |
 * | `without-replacement` | `(n − B)/(B(n − 1))`: 1 at B = 1, 0 at B = n |
 * | `bernoulli` | `1/B − 1/n` |
 *
 * Elementary sampling theory; checked by enumerating all batches.
 *
 * @param caller - Name of the calling function, for the messages of errors.
 * @throws NoiseStructureError INVALID_ARGUMENT, also for `epoch-shuffle`.
 */
export function noiseWeights(
  { batchSize, sampling = "without-replacement", examples }: Batches,
  caller = "noiseWeights",
): NoiseWeights {
  if (examples !== Infinity || sampling !== "with-replacement") expectInteger(caller, "examples", examples);
  if (sampling === "bernoulli") expectPositive(caller, "batchSize", batchSize);
  else expectInteger(caller, "batchSize", batchSize);
  if (batchSize > examples && sampling !== "with-replacement")
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `${caller}: expected batchSize of at most the ${examples} examples, got ${batchSize}.`,
    );
  switch (sampling) {
    case "with-replacement":
      return { noise: 1 / batchSize, gradient: 0 };
    case "without-replacement":
      return { noise: batchSize === examples ? 0 : (examples - batchSize) / (batchSize * (examples - 1)), gradient: 0 };
    case "bernoulli":
      return { noise: 1 / batchSize - 1 / examples, gradient: 1 / batchSize - 1 / examples };
    case "epoch-shuffle":
      throw new NoiseStructureError(
        "INVALID_ARGUMENT",
        `${caller}: sampling "epoch-shuffle" is not covered, because its batches are anti-correlated in time. A single batch is "without-replacement".`,
      );
    default:
      throw new NoiseStructureError(
        "INVALID_ARGUMENT",
        `${caller}: expected sampling "with-replacement", "without-replacement" or "bernoulli", got "${String(sampling)}".`,
      );
  }
}
