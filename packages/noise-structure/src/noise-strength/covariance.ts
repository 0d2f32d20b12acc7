import { multiplyTransposed, transpose } from "@sgdscope/linear-algebra";
import { NoiseStructureError } from "../errors.js";
import { expectInteger, expectNumbers } from "./arguments.js";
import { noiseWeights, type Batches } from "./sampling.js";

/** The noise of minibatch gradients as explicit P × P matrices, row-major. */
export interface NoiseCovariance {
  parameters: number;
  /** `∇L`, length P. */
  gradient: Float64Array;
  /** `Σ₁ = (1/n) Σᵢ ∇ℓᵢ∇ℓᵢᵀ`. */
  uncentred: Float64Array;
  /** `Σ = Σ₁ − ∇L∇Lᵀ`. */
  centred: Float64Array;
  /** The covariance of the minibatch gradient, `p·Σ`; for Bernoulli batches `p·Σ₁`. */
  minibatch: Float64Array;
}

/**
 * The covariance of the minibatch gradient from the gradients of all examples: p·Σ with p = 1/B with replacement and
 * `(n − B)/(B(n − 1))` without, p·Σ₁ with p = 1/B − 1/n for Bernoulli batches.
 *
 * For few parameters; what depends on the Gram matrix alone is in `noiseStructure`.
 *
 * Source: Mori, Ziyin, Liu & Ueda (2021), arXiv:2105.09557, for batches without replacement; the rest is elementary
 * sampling theory, checked by enumerating all batches.
 *
 * @param gradients - `∇ℓᵢ`, n × P, row-major.
 * @param batches - `examples` is n. Cost nP² operations.
 * @throws NoiseStructureError INVALID_ARGUMENT, also for `epoch-shuffle`, whose batches depend on each other;
 *   SHAPE_MISMATCH or NOT_FINITE.
 */
export function noiseCovariance(gradients: Float64Array, batches: Batches): NoiseCovariance {
  const caller = "noiseCovariance";
  const n = batches.examples;
  expectInteger(caller, "examples", n);
  const weights = noiseWeights(batches, caller);
  const parameters = gradients.length / n;
  if (!Number.isSafeInteger(parameters) || parameters === 0)
    throw new NoiseStructureError(
      "SHAPE_MISMATCH",
      `${caller}: expected gradients of ${n} rows, got ${gradients.length} numbers.`,
    );
  expectNumbers(caller, `gradients [${n} × ${parameters}]`, gradients, n * parameters);
  const gradient = new Float64Array(parameters);
  for (let i = 0, o = 0; i < n; i++) for (let a = 0; a < parameters; a++, o++) gradient[a]! += gradients[o]! / n;
  const columns = transpose(gradients, n, parameters);
  const secondMoment = (rows: Float64Array): Float64Array =>
    multiplyTransposed(rows, rows, parameters, n, parameters).map((value) => value / n);
  const uncentred = secondMoment(columns);
  const centred = secondMoment(columns.map((value, o) => value - gradient[Math.floor(o / n)]!));
  const minibatch = centred.map(
    (value, o) =>
      weights.noise * value + weights.gradient * gradient[Math.floor(o / parameters)]! * gradient[o % parameters]!,
  );
  return { parameters, gradient, uncentred, centred, minibatch };
}
