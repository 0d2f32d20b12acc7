import {
  gramExponent,
  inGramUnits,
  largestEigenpair,
  multiplySymmetric,
  symmetricEigenvalues,
  timesPowerOfTwo,
  unitExponent,
} from "@sgdscope/linear-algebra";
import { NoiseStructureError } from "./errors.js";
import { checkGramSystem, type GramSystem } from "./gram-system.js";
import { expectInteger } from "./noise-strength/arguments.js";
import { perExample } from "./per-example.js";
import type { GramSpectrum } from "./spectrum.js";

/** Below this loss the residuals are rounding errors and the alignment factors are meaningless. */
export const SMALLEST_LOSS = 1e-20;

/** Why a ratio has no value. */
export type Undefined =
  | "the loss is below 1e-20: residuals are rounding errors"
  | "the Gauss–Newton matrix is zero"
  | "the noise is zero"
  | undefined;

/** Every quantity of the structure of SGD noise at one point. G, Σ and L are those of one example, not of a batch. */
export interface NoiseStructure {
  examples: number;
  outputs: number;
  /** `L = (1/2n) Σ‖rᵢ‖²`. */
  loss: number;
  /** `‖∇L‖`. */
  gradientNorm: number;
  /** `∇Lᵀ G ∇L`. */
  gradientCurvature: number;
  /** `Tr G` of `G = (1/n) Σ JᵢᵀJᵢ`. */
  traceG: number;
  /** `‖G‖_F`. */
  frobeniusG: number;
  /** `λ_max(G)`. */
  largestEigenvalue: number;
  /** The largest eigenvalues of G, as many as asked for, largest first. */
  eigenvalues: Float64Array;
  /** `χᵢ = Tr(G JᵢᵀJᵢ)`, for one output `gᵢᵀGgᵢ`; length n, mean `‖G‖_F²`. */
  chi: Float64Array;
  /** `Tr Σ` of the centred noise `Σ = Σ₁ − ∇L∇Lᵀ`. */
  traceNoise: number;
  /** `Tr Σ₁` of the uncentred second moment `Σ₁ = (1/n) Σ JᵢᵀrᵢrᵢᵀJᵢ`. */
  traceUncentredNoise: number;
  /** `Tr(ΣG)`. */
  traceNoiseG: number;
  /** `Tr(Σ₁G)`. */
  traceUncentredNoiseG: number;
  /** `‖Σ‖_F`. */
  frobeniusNoise: number;
  /** `‖Σ₁‖_F`. */
  frobeniusUncentredNoise: number;
  /** `μ = Tr(ΣG)/(2L‖G‖_F²)`, the factor of the stability theorem. About 1/C for C outputs with isotropic residuals. */
  alignmentFactor: number | undefined;
  /** `μ₁ = Tr(Σ₁G)/(2L‖G‖_F²) ≥ μ`. */
  uncentredAlignmentFactor: number | undefined;
  /** `C·μ`, about 1 where noise and curvature decouple. */
  outputsTimesAlignmentFactor: number | undefined;
  /** `α = Tr(ΣG)/(‖Σ‖_F‖G‖_F)` in [0, 1]: alignment of direction. `μ = αβ`. */
  directionAlignment: number | undefined;
  /** `α₁`, the same with Σ₁. */
  uncentredDirectionAlignment: number | undefined;
  /** `β = ‖Σ‖_F/(2L‖G‖_F)`: size of the noise in units of the loss. */
  noiseMagnitude: number | undefined;
  /** `β₁`, the same with Σ₁. */
  uncentredNoiseMagnitude: number | undefined;
  /** `‖Σ₁ − 2LG‖_F/‖2LG‖_F = √(1 − 2μ₁ + β₁²)`: how far noise and curvature are from decoupling. */
  decouplingError: number | undefined;
  /** Why factors above are undefined; undefined where they all have values. */
  undefinedBecause: Undefined;
}

/** Options of {@link noiseStructure}. */
export interface NoiseStructureOptions {
  /** How many of the largest eigenvalues of G to report, default 1. More than one costs `4(nC)³/3` without `spectrum`. */
  eigenvalues?: number;
  /** A spectrum that is already known, from `gramSpectrum`; otherwise the largest eigenvalue is found by Lanczos. */
  spectrum?: GramSpectrum;
}

/**
 * The structure of SGD noise, as far as it follows from the Gram matrix and the residuals.
 *
 * The minibatch gradient has covariance `p·Σ` with the sampling factor `p`, 1/B with replacement; the quantities
 * here do not contain p. No sum loses digits by cancellation: variances are sums of squares of centred terms.
 *
 * Sources: definitions of G, Σ, μ from Wu, Wang & Su (2022), arXiv:2207.02628, by way of restatements (whether its μ is
 * centred is not confirmed: both are given); α and β as its direction and magnitude factors are recalled, not confirmed;
 * the Gram-matrix identities, `μ = αβ` and the decoupling error are derived here.
 *
 * @param system - Not changed. Cost O((nC)²) plus the eigenvalues.
 * Ratios are right for every scale of K and r; of the rest, what lies beyond Float64 is 0 or Infinity.
 *
 * @throws NoiseStructureError as `checkGramSystem`; INVALID_ARGUMENT for a number of eigenvalues that is none; NOT_FINITE where the
 *   squares of the residuals overflow.
 */
export function noiseStructure(system: GramSystem, options: NoiseStructureOptions = {}): NoiseStructure {
  checkGramSystem(system, "noiseStructure");
  if (options.eigenvalues !== undefined) expectInteger("noiseStructure", "options.eigenvalues", options.eigenvalues);
  const loss = lossOf(system);
  const gramUnit = gramExponent(system);
  const residualUnit = unitExponent(system.residuals.reduce((largest, r) => Math.max(largest, Math.abs(r)), 0));
  if (gramUnit === 0 && residualUnit === 0) return structureOf(system, loss, options);
  const residuals = system.residuals.map((r) => timesPowerOfTwo(r, -residualUnit));
  const scaled = inGramUnits({ ...system, residuals }, gramUnit);
  const { spectrum } = options;
  const own = spectrum === undefined ? options : { ...options, spectrum: inUnits(spectrum, gramUnit) };
  return { ...rescaled(structureOf(scaled, loss, own), gramUnit, residualUnit), loss };
}

function lossOf({ examples, residuals }: GramSystem): number {
  let squares = 0;
  for (const r of residuals) squares += r * r;
  if (squares < Infinity) return squares / (2 * examples);
  const largest = residuals.reduce((most, r) => Math.max(most, Math.abs(r)), 0);
  throw new NoiseStructureError(
    "NOT_FINITE",
    `noiseStructure: expected residuals whose squares have a finite sum, got residuals of up to ${largest}.`,
  );
}

const inUnits = (spectrum: GramSpectrum, exponent: number): GramSpectrum => ({
  ...spectrum,
  eigenvalues: spectrum.eigenvalues.map((value) => timesPowerOfTwo(value, -exponent)),
});

/** Takes a structure back from units of `2^k` for K and `2^r` for residuals; the loss and ratios have no unit here. */
function rescaled(structure: NoiseStructure, k: number, r: number): NoiseStructure {
  const times = (exponent: number) => (value: number) => timesPowerOfTwo(value, exponent);
  return {
    ...structure,
    gradientNorm: times(k / 2 + r)(structure.gradientNorm),
    gradientCurvature: times(2 * k + 2 * r)(structure.gradientCurvature),
    traceG: times(k)(structure.traceG),
    frobeniusG: times(k)(structure.frobeniusG),
    largestEigenvalue: times(k)(structure.largestEigenvalue),
    eigenvalues: structure.eigenvalues.map(times(k)),
    chi: structure.chi.map(times(2 * k)),
    traceNoise: times(k + 2 * r)(structure.traceNoise),
    traceUncentredNoise: times(k + 2 * r)(structure.traceUncentredNoise),
    traceNoiseG: times(2 * k + 2 * r)(structure.traceNoiseG),
    traceUncentredNoiseG: times(2 * k + 2 * r)(structure.traceUncentredNoiseG),
    frobeniusNoise: times(k + 2 * r)(structure.frobeniusNoise),
    frobeniusUncentredNoise: times(k + 2 * r)(structure.frobeniusUncentredNoise),
  };
}

/** The structure of a system whose squares stay in range; `trueLoss` is the loss in the user's units, by which μ has a value. */
function structureOf(system: GramSystem, trueLoss: number, options: NoiseStructureOptions): NoiseStructure {
  const { examples: n, outputs, gram, residuals } = system;
  const size = n * outputs;
  let squares = 0;
  for (const r of residuals) squares += r * r;
  const loss = squares / (2 * n);
  let traceK = 0;
  for (let a = 0; a < size; a++) traceK += gram[a * size + a]!;

  const noise = perExample(system);
  const squaredK = n * noise.chi.reduce((sum, chi) => sum + chi, 0);
  const frobeniusG = Math.sqrt(squaredK) / n;
  const eigenvalues = topEigenvalues(system, options);
  const scale = 2 * loss * frobeniusG;
  const because: Undefined =
    trueLoss < SMALLEST_LOSS
      ? "the loss is below 1e-20: residuals are rounding errors"
      : frobeniusG === 0
        ? "the Gauss–Newton matrix is zero"
        : noise.frobeniusNoise === 0
          ? "the noise is zero"
          : undefined;
  const defined = scale > 0 && trueLoss >= SMALLEST_LOSS;
  const ratio = (top: number, bottom: number): number | undefined => (defined && bottom > 0 ? top / bottom : undefined);
  const mu = ratio(noise.traceNoiseG, scale * frobeniusG);
  const mu1 = ratio(noise.traceUncentredNoiseG, scale * frobeniusG);
  const beta1 = ratio(noise.frobeniusUncentredNoise, scale);
  return {
    examples: n,
    outputs,
    loss,
    traceG: traceK / n,
    frobeniusG,
    largestEigenvalue: eigenvalues[0]!,
    eigenvalues,
    ...noise,
    alignmentFactor: mu,
    uncentredAlignmentFactor: mu1,
    outputsTimesAlignmentFactor: mu === undefined ? undefined : outputs * mu,
    directionAlignment: ratio(noise.traceNoiseG, noise.frobeniusNoise * frobeniusG),
    uncentredDirectionAlignment: ratio(noise.traceUncentredNoiseG, noise.frobeniusUncentredNoise * frobeniusG),
    noiseMagnitude: ratio(noise.frobeniusNoise, scale),
    uncentredNoiseMagnitude: beta1,
    decouplingError:
      mu1 === undefined || beta1 === undefined ? undefined : Math.sqrt(Math.max(0, 1 - 2 * mu1 + beta1 * beta1)),
    undefinedBecause: because,
  };
}

function topEigenvalues(system: GramSystem, options: NoiseStructureOptions): Float64Array {
  const { examples: n, gram } = system;
  const size = n * system.outputs;
  const count = Math.min(options.eigenvalues ?? 1, size);
  if (options.spectrum !== undefined) return options.spectrum.eigenvalues.slice(0, count);
  if (count > 1)
    return symmetricEigenvalues(gram, size)
      .slice(0, count)
      .map((value) => Math.max(0, value) / n);
  // The row sums of squares weigh the large eigenvectors: a good start that no eigenvector of weight is orthogonal to.
  const start = Float64Array.from({ length: size }, (_, a) => gram[a * size + a]! * (1 + 0.5 * Math.sin(a + 1)));
  if (start.every((value) => value === 0)) return new Float64Array(1);
  const { value } = largestEigenpair((x) => multiplySymmetric(gram, x, size), start, { tolerance: 1e-9 });
  return Float64Array.of(value / n);
}
