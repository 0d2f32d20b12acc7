import { noiseWeights, type Sampling } from "@sgdscope/noise-structure";
import { StabilityError } from "./errors.js";

export type { Sampling };

/** A batch size and how the batch is drawn, afresh and independently at every step. */
export interface Batches {
  /** B. For `bernoulli` the expected size: each example enters with probability B/n, and the sum is divided by B. */
  batchSize: number;
  /** Default `"without-replacement"`. */
  sampling?: Sampling;
}

/** The two weights with which a minibatch enters second moments: `D = fullBatch·H⊗H + noise·(1/n) Σ Hᵢ⊗Hᵢ`. */
export interface SamplingWeights {
  batchSize: number;
  sampling: Sampling;
  /** Weight of the single-example operator: the sampling factor p. */
  noise: number;
  /** Weight of the full-batch operator: `1 − p`; 1 for Bernoulli batches, whose noise is not centred. */
  fullBatch: number;
}

/**
 * The sampling factor p in `Cov(minibatch gradient) = p·Σ`.
 *
 * | sampling | p | noise |
 * | --- | --- | --- |
 * | `with-replacement` | `1/B` | Σ, centred |
 * | `without-replacement` | `(n − B)/(B(n − 1))` | Σ, centred |
 * | `bernoulli` | `1/B − 1/n` | Σ₁, not centred |
 *
 * The formula is `noiseWeights` of noise-structure, which this refines by its refusals.
 *
 * @param examples - n ≥ 1.
 * @param batchSize - B, an integer from 1 to n; for `bernoulli` any number in (0, n].
 * @throws StabilityError EPOCH_SHUFFLE_HAS_NO_THEORY, BATCH_TOO_LARGE when B > n, INVALID_ARGUMENT otherwise.
 */
export function samplingFactor(examples: number, batchSize: number, sampling: Sampling): number {
  return weightsFor("samplingFactor", examples, { batchSize, sampling }).noise;
}

/**
 * The weights of the full-batch and the single-example operator for a way of sampling; see {@link samplingFactor}.
 *
 * @throws StabilityError as {@link samplingFactor}.
 */
export function samplingWeights(examples: number, batches: Batches): SamplingWeights {
  return weightsFor("samplingWeights", examples, batches);
}

/** @internal {@link samplingWeights} for the function `caller`, which errors then name. p itself is `noiseWeights`. */
export function weightsFor(caller: string, examples: number, batches: Batches): SamplingWeights {
  const { batchSize, sampling = "without-replacement" } = batches;
  if (!SAMPLINGS.includes(sampling))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected sampling "with-replacement", "without-replacement", "bernoulli" or "epoch-shuffle", got "${sampling}".`,
    );
  if (sampling === "epoch-shuffle")
    throw new StabilityError(
      "EPOCH_SHUFFLE_HAS_NO_THEORY",
      `${caller}: expected sampling with independent batches, got "epoch-shuffle": batches of one epoch depend on each other and no stability theorem covers them. "without-replacement" is the nearest model.`,
    );
  if (!Number.isSafeInteger(examples) || examples < 1)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected examples to be a positive integer, got ${examples}.`,
    );
  if (sampling === "bernoulli" ? !(batchSize > 0) : !Number.isSafeInteger(batchSize) || batchSize < 1)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected batchSize to be a positive ${sampling === "bernoulli" ? "number" : "integer"}, got ${batchSize}.`,
    );
  if (batchSize > examples)
    throw new StabilityError(
      "BATCH_TOO_LARGE",
      `${caller}: expected batchSize of at most the ${examples} examples, got ${batchSize}.`,
    );
  const { noise, gradient } = noiseWeights({ examples, batchSize, sampling }, caller);
  return { batchSize, sampling, noise, fullBatch: 1 - (noise - gradient) };
}

const SAMPLINGS: readonly Sampling[] = ["with-replacement", "without-replacement", "bernoulli", "epoch-shuffle"];
