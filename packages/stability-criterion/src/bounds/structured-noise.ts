import { expectPositive, StabilityError } from "../errors.js";
import { defineBound } from "./bound.js";

/**
 * The mean-square threshold under structured noise `Σ = (2L/C)G − c·∇L∇Lᵀ`: the η that solves
 * `Σ_j η(p/C)λ_j / (2 − (1 − cp)ηλ_j) = 1`. Derived here. `1/C` stands for residuals isotropic over C outputs.
 *
 * - c = 1: `Σ₁ = 2LG`. Exact for a Gram matrix that a transitive group of permutations leaves invariant (equiangular,
 *   circulant, orthogonal of equal norms); at p = 1 it is `2/Tr H`.
 * - c = 0: `Σ = 2LG`, noise decoupled from the residuals; the condition of the noise kernel norm 1.
 * - c = −1: Gaussian inputs of a linear model, in the population; for an isotropic spectrum `2/(λ(1 + p + pd))`.
 *
 * @param eigenvalues - Non-negative spectrum of H, any order; zeros do not matter.
 * @param noise - Sampling factor p in (0, 1]; without noise the threshold is that of gradient descent, `2/λ_max`.
 * @param c - At most 1.
 * @param outputs - C, default 1.
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function structuredNoiseThreshold(eigenvalues: Float64Array, noise: number, c: number, outputs = 1): number {
  return structuredThreshold("structuredNoiseThreshold", "eigenvalues", eigenvalues, noise, c, outputs);
}

/** @internal {@link structuredNoiseThreshold} for the function `caller` that calls the eigenvalues `name`. */
export function structuredThreshold(
  caller: string,
  name: string,
  eigenvalues: Float64Array,
  noise: number,
  c: number,
  outputs = 1,
): number {
  if (!(c <= 1)) throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected c of at most 1, got ${c}.`);
  expectPositive(caller, "outputs", outputs);
  expectSpectrum(caller, name, eigenvalues);
  expectPositive(caller, "noise", noise);
  return perronThreshold(
    caller,
    eigenvalues.map((value) => (noise * value) / outputs),
    eigenvalues.map((value) => (1 - c * noise) * value),
  );
}

/** @internal Refuses eigenvalues that are negative or not finite. */
export function expectSpectrum(caller: string, name: string, eigenvalues: Float64Array): void {
  for (const value of eigenvalues)
    if (!(value >= 0 && Number.isFinite(value)))
      throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected ${name} of at least 0, got ${value}.`);
}

/**
 * The mean-square threshold under isotropic noise in proportion to the loss, `Σ = 2Lσ²·I`: the η that solves
 * `Σ_j ηpσ²/(2 − ηλ_j) = 1` over positive eigenvalues. Derived here; for comparison, since real noise is not isotropic.
 *
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function isotropicNoiseThreshold(eigenvalues: Float64Array, noise: number, variance: number): number {
  const caller = "isotropicNoiseThreshold";
  expectSpectrum(caller, "eigenvalues", eigenvalues);
  expectPositive(caller, "noise", noise);
  expectPositive(caller, "variance", variance);
  const positive = eigenvalues.filter((value) => value > 0);
  return perronThreshold(
    caller,
    positive.map(() => noise * variance),
    positive,
  );
}

/** `2/ν` for the largest root of `Σ w_j/(ν − d_j) = 1`. */
function perronThreshold(caller: string, weights: Float64Array, poles: Float64Array): number {
  let x = 0;
  for (let j = 0; j < weights.length; j++) {
    if (!(poles[j]! >= 0))
      throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected noise with 1 − c·noise of at least 0.`);
    if (weights[j]! > 0) x = Math.max(x, poles[j]! + weights[j]!);
  }
  return x === 0 ? Infinity : 2 / perronRoot(weights, poles);
}

/**
 * @internal The largest x with `Σ w_j/(x − d_j) = 1`, the Perron eigenvalue of `diag(d) + uvᵀ` with `w = u∘v ≥ 0`; at least
 * one weight must be positive. The inverse of the left side is concave and increasing above the largest pole, so Newton's
 * method rises monotonically from the root for a single term.
 */
export function perronRoot(weights: Float64Array, poles: Float64Array): number {
  let x = -Infinity;
  for (let j = 0; j < weights.length; j++) if (weights[j]! > 0) x = Math.max(x, poles[j]! + weights[j]!);
  for (let iteration = 0; iteration < 100; iteration++) {
    let sum = 0;
    let slope = 0;
    for (let j = 0; j < weights.length; j++) {
      if (weights[j] === 0) continue;
      sum += weights[j]! / (x - poles[j]!);
      slope += weights[j]! / (x - poles[j]!) ** 2;
    }
    const step = (sum * (sum - 1)) / slope;
    x += step;
    if (step <= 1e-15 * Math.abs(x)) break;
  }
  return x;
}

/** What the threshold of structured noise says of a minimum; a model of the noise, not a bound. Not without noise, nor for Bernoulli batches. */
const structured = <const Id extends string>(id: Id, label: string, c: number, assumptions: string) =>
  defineBound(
    { id, label, kind: "idealised", assumptions, source: "derived here", evidence: "derived here" },
    ({ eigenvalues, outputs }, { noise, sampling }) =>
      noise === 0 || sampling === "bernoulli"
        ? undefined
        : { criticalLearningRate: structuredNoiseThreshold(eigenvalues, noise, c, outputs) },
  );

/** {@link structuredNoiseThreshold} at c = 1. */
export const decoupledWithGradientBound = structured(
  "structured-decoupled-with-gradient",
  "structured noise, decoupled with gradient",
  1,
  "Σ₁ = 2LG: squared residuals are independent of the gradients gᵢ.",
);

/** {@link structuredNoiseThreshold} at c = 0. */
export const decoupledBound = structured(
  "structured-decoupled",
  "structured noise, decoupled",
  0,
  "Σ = 2LG: the centred noise is in proportion to the loss and to G.",
);

/** {@link structuredNoiseThreshold} at c = −1. */
export const gaussianInputsBound = structured(
  "structured-gaussian-inputs",
  "structured noise, Gaussian inputs",
  -1,
  "A linear model of infinitely many Gaussian inputs with the given spectrum.",
);
