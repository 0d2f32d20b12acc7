import { expectCount, expectNotNegative, expectPositive, ModelsRfmError } from "../errors.js";

/**
 * Linear regression y = u·x + σz on Gaussian inputs, x ~ N(0, A), by SGD on fresh minibatches: the population limit N → ∞,
 * drawn with replacement. Everything is written in the eigenbasis of A.
 */
export interface GaussianRegression {
  /** Eigenvalues a_i > 0 of A = E xxᵀ. */
  eigenvalues: ArrayLike<number>;
  /** Batch size B. */
  batchSize: number;
  /** σ², the variance of the label noise; default 0. */
  noiseVariance?: number;
}

/** Refuses an invalid problem; returns the spectrum. */
export function expectRegression(caller: string, problem: GaussianRegression): Float64Array {
  const spectrum = expectSpectrum(caller, problem.eigenvalues);
  expectCount(`${caller}: expected batchSize`, problem.batchSize);
  expectNotNegative(`${caller}: expected noiseVariance`, problem.noiseVariance ?? 0);
  return spectrum;
}

function expectSpectrum(caller: string, eigenvalues: ArrayLike<number>): Float64Array {
  expectCount(`${caller}: expected the number of eigenvalues`, eigenvalues.length);
  const spectrum = Float64Array.from(eigenvalues);
  spectrum.forEach((value, i) => expectPositive(`${caller}: expected eigenvalues[${i}]`, value));
  return spectrum;
}

/** Refuses momentum outside [0, 1). */
export function expectMomentum(caller: string, momentum: number): void {
  if (!(momentum >= 0 && momentum < 1))
    throw new ModelsRfmError("INVALID_VALUE", `${caller}: expected momentum in [0, 1), got ${momentum}`);
}

/** One number for every mode, or one for each. */
export function perMode(what: string, value: number | ArrayLike<number>, modes: number): Float64Array {
  if (typeof value === "number") return new Float64Array(modes).fill(value);
  if (value.length !== modes)
    throw new ModelsRfmError("WRONG_LENGTH", `${what} of length ${modes}, got ${value.length}`);
  return Float64Array.from(value);
}
