import {
  axpy,
  dot,
  gramExponent,
  largestEigenpair,
  leadingEigenpairs,
  norm,
  symmetricProduct,
  transpose,
  type LeadingEigenpairs,
} from "@sgdscope/linear-algebra";
import { checkGramSystem, type GramSystem } from "@sgdscope/noise-structure";
import { expectInteger, StabilityError } from "../errors.js";
import { collect, spread, type SpreadBasis } from "../minimum.js";
import { weightsFor, type Batches, type SamplingWeights } from "../sampling.js";
import { identityBlocks } from "../secular.js";
import { hadamardTimes } from "./hadamard.js";

/** An interval that holds the exact threshold, from part of the spectrum. */
export interface ThresholdInterval {
  /** η* is no smaller: SGD is mean-square stable for learning rates up to it. */
  lower: number;
  /** η* is no larger: SGD is unstable beyond. */
  upper: number;
  /** How many modes were taken exactly. */
  modes: number;
  /** `Tr G` of all other modes over `Tr G`: what the bounds speak of. */
  tailShare: number;
  /** λ₁ of G. */
  largestEigenvalue: number;
  /** Applications of the reduced operators. */
  products: number;
}

/** How much of the spectrum is taken exactly, and who wants to know how far it is. */
export interface ThresholdIntervalOptions extends Batches {
  /** Most modes that are taken exactly. Default a tenth of nC, at least 200. */
  modes?: number;
  /** What is about to be computed, and how much of the whole is behind, in [0, 1]. */
  onProgress?: (fraction: number, stage: string) => void;
  /** Ends the computation between two stages with the signal's reason. */
  signal?: AbortSignal;
}

/** Relative residual of eigenpairs. */
const TOLERANCE = 1e-6;
/** Eigenvalues below this share of the largest count as zero. */
const SMALLEST = 1e-10;

/**
 * An interval around the exact threshold of plain SGD where the Gram matrix is too large for all its eigenvalues.
 *
 * The leading k modes are taken exactly, all others by what is known of them without their eigenvectors: the rest K_t of the Gram
 * matrix, and that their eigenvalues are at most λ_k. In the operator `T(ν)`, `ν = 2/η*`, of the residual blocks (see
 * `exactThreshold`) a pair of modes has the weight `λ_aλ_b/(½ν(λ_a + λ_b) − fλ_aλ_b)`, which grows with both. Between a leading
 * mode b and the rest it lies between `(2/ν)λ_a/(1 + λ_k/λ_b)` and `λ_a/(½ν − fλ_k)`, within the rest between `λ_aλ_b/(νλ_k)` and
 * `½(λ_a + λ_b)/(ν − fλ_k)`: each a Hadamard product with K_t, whose largest eigenvalues order like T's. Derived here.
 *
 * @param system - A Gram system; residuals do not matter.
 * @param options - See {@link ThresholdIntervalOptions}.
 * @returns Rigorous but for rounding and the residuals of the eigenpairs, 1e-6 of each, by which the ends are moved apart. Cost, for k
 *   modes, `8(nC)²k` operations for eigenpairs, as many for K_t, and some thirty products of `2k²nC`; memory one and a half more Gram
 *   matrices in Float64. The event loop is let through between blocks of the eigenpairs and between solutions.
 * @throws StabilityError INVALID_ARGUMENT, NO_CURVATURE, and as `samplingFactor`; NoiseStructureError as `checkGramSystem`.
 */
export async function thresholdInterval(
  system: GramSystem,
  options: ThresholdIntervalOptions,
): Promise<ThresholdInterval> {
  checkGramSystem(system, "thresholdInterval");
  const { examples, outputs, gram } = system;
  const size = examples * outputs;
  const { modes = Math.max(200, Math.ceil(size / 10)), onProgress, signal } = options;
  expectInteger("thresholdInterval", "options.modes", modes, 1);
  const weights = weightsFor("thresholdInterval", examples, options);
  const exponent = gramExponent(system);
  if (exponent !== 0)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `thresholdInterval: expected gram with a largest diagonal entry between 2^-100 and 2^100, got one of about 2^${exponent}.`,
    );
  const pause = async (fraction: number, stage: string): Promise<void> => {
    onProgress?.(fraction, stage);
    await new Promise((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
  };

  await pause(0, "leading eigenvalues");
  const steps = leadingEigenpairs(gram, size, { count: Math.min(modes, size), tolerance: TOLERANCE });
  let step = steps.next();
  while (step.done !== true) {
    await pause(0.5 * step.value, "leading eigenvalues");
    step = steps.next();
  }
  const pairs = step.value;
  if (pairs.values.length === 0)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `thresholdInterval: expected options.modes for which leading eigenvalues converge, got ${modes}.`,
    );
  if (!(pairs.values[0]! > 0))
    throw new StabilityError("NO_CURVATURE", "thresholdInterval: expected gram with a positive eigenvalue, got zero.");
  await pause(0.55, "rest of the Gram matrix");
  const split = splitSpectrum(system, pairs);
  const { head, rest, eigenvalues, tailShare } = split;
  const [largest, last] = [eigenvalues[0]!, eigenvalues.at(-1)!];
  const found = { modes: head.rank, tailShare, largestEigenvalue: largest };
  if (weights.noise === 0) {
    const edge = 2 / (weights.fullBatch * largest);
    return { ...found, lower: edge * (1 - TOLERANCE), upper: edge, products: 0 };
  }
  if (weights.fullBatch > 0 && !(2 * last < largest))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `thresholdInterval: expected options.modes enough to reach half of the largest eigenvalue, ${largest}, got ${modes}, of which the last that is known is ${last}.`,
    );
  let products = 0;
  const curvature = async (tail: Tail, fraction: number, stage: string): Promise<number> => {
    await pause(fraction, stage);
    const root = largestCurvature(split, tail, weights);
    products += root.products;
    return root.curvature * (1 + tail.slack * (root.residual + split.coupling));
  };
  const few = await curvature(fromBelow(rest, last), 0.7, "threshold from above");
  const many = await curvature(fromAbove(rest, last, weights.fullBatch), 0.85, "threshold from below");
  return { ...found, lower: 2 / many, upper: 2 / few, products };
}

/** The leading modes as features, and the rest of the Gram matrix. */
interface Split {
  head: SpreadBasis;
  /** λ of the leading modes. */
  eigenvalues: Float64Array;
  rest: Rest;
  tailShare: number;
  /** What couples the leading modes to the rest, on each of them, over `Tr G`: no more than their residuals. */
  coupling: number;
}

interface Rest {
  outputs: number;
  /** `K_t/n`, nC × nC. */
  gram: Float32Array;
  /** `Σ_b v_bv_bᵀ` of the leading modes. */
  projector: Float32Array;
  /** `Σ_b v_bv_bᵀ/(1 + λ_k/λ_b)`. */
  damped: Float32Array;
}

function splitSpectrum(
  { examples, outputs, gram }: GramSystem,
  { values, vectors, residuals }: LeadingEigenpairs,
): Split {
  const size = examples * outputs;
  const rank = values.findLastIndex((value) => value > SMALLEST * values[0]!) + 1;
  const eigenvalues = values.slice(0, rank).map((value) => value / examples);
  const last = eigenvalues[rank - 1]!;
  const features = vectors.slice(0, rank * size);
  const transposed = transpose(features, rank, size);
  /** `Σ_b weight(λ_b)·v_bv_bᵀ`. */
  const combined = (weight: (value: number) => number): Float64Array => {
    const weights = eigenvalues.map(weight);
    return symmetricProduct(
      transposed,
      transposed.map((value, k) => value * weights[k % rank]!),
      size,
      rank,
    );
  };
  const part = combined((value) => value);
  const rest = new Float32Array(size * size);
  let [whole, left] = [0, 0];
  for (let i = 0, o = 0; i < size; i++)
    for (let j = 0; j < size; j++, o++) {
      const value = gram[o]! / examples - part[o]!;
      rest[o] = value;
      if (i !== j) continue;
      whole += gram[o]! / examples;
      left += Math.max(0, value);
    }
  const projector = Float32Array.from(combined(() => 1));
  const damped = Float32Array.from(combined((value) => 1 / (1 + last / value)));
  for (let a = 0; a < rank; a++) {
    const length = Math.sqrt(examples * eigenvalues[a]!);
    for (let i = a * size; i < (a + 1) * size; i++) features[i]! *= length;
  }
  return {
    head: { examples, outputs, rank, transposedFeatures: features, features: transpose(features, rank, size) },
    eigenvalues,
    rest: { outputs, gram: rest, projector, damped },
    tailShare: left / whole,
    coupling: (2 * size * norm(residuals)) / examples / whole,
  };
}

/** What the rest adds to `T(ν)/(pn)`: a sum of operators that do not depend on ν, with weights that do. */
interface Tail {
  operators: ((blocks: Float64Array) => Float64Array)[];
  weights: (curvature: number) => number[];
  /** Which way rounding moves ν: 1 upwards, −1 downwards. */
  slack: 1 | -1;
}

/** No more than the rest adds. */
const fromBelow = ({ outputs, gram, damped }: Rest, last: number): Tail => ({
  operators: [(q) => hadamardTimes(damped, gram, q, outputs), (q) => hadamardTimes(gram, gram, q, outputs)],
  weights: (nu) => [4 / nu, 1 / (nu * last)],
  slack: -1,
});

/** No less than the rest adds; the projector on the rest is the identity less that on the leading modes. */
const fromAbove = ({ outputs, gram, projector }: Rest, last: number, fullBatch: number): Tail => ({
  operators: [(q) => hadamardTimes(projector, gram, q, outputs), (q) => diagonalTimes(gram, q, outputs)],
  weights: (nu) => {
    const within = 1 / (nu - fullBatch * last);
    return [2 / (nu / 2 - fullBatch * last) - within, within];
  },
  slack: 1,
});

/** {@link hadamardTimes} with the identity: `qᵢ ↦ ½(qᵢBᵢᵢ + Bᵢᵢqᵢ)`. */
function diagonalTimes(b: Float32Array, blocks: Float64Array, outputs: number): Float64Array {
  const size = blocks.length / outputs;
  const image = new Float64Array(blocks.length);
  for (let row = 0; row < size; row++) {
    const first = row - (row % outputs);
    for (let c = 0; c < outputs; c++) {
      let sum = 0;
      for (let d = 0; d < outputs; d++) sum += blocks[row * outputs + d]! * b[(first + d) * size + first + c]!;
      image[row * outputs + c]! += sum / 2;
      image[(first + c) * outputs + (row - first)]! += sum / 2;
    }
  }
  return image;
}

/** The largest ν at which `T(ν)` has the eigenvalue 1. */
function largestCurvature(
  { head, eigenvalues }: Split,
  { operators, weights }: Tail,
  { noise, fullBatch }: SamplingWeights,
): { curvature: number; residual: number; products: number } {
  const { examples, outputs, rank } = head;
  const identity = identityBlocks(examples, outputs);
  const gap = (nu: number, a: number, b: number): number =>
    (nu / 2) * (eigenvalues[a]! + eigenvalues[b]!) - fullBatch * eigenvalues[a]! * eigenvalues[b]!;
  let curvature = fullBatch * eigenvalues[0]! + (noise * eigenvalues.reduce((sum, value) => sum + value, 0)) / 2;
  let vector: Float64Array = identity;
  let products = 0;
  for (let round = 0; ; round++) {
    const nu = curvature;
    const parts = weights(nu);
    const pair = largestEigenpair(
      (q) => {
        const moment = spread(head, q, "single");
        for (let a = 0; a < rank; a++) for (let b = 0; b <= a; b++) moment[a * rank + b]! /= gap(nu, a, b);
        const image = collect(head, moment, "single");
        for (let k = 0; k < image.length; k++) image[k]! *= noise / examples;
        for (const [k, operator] of operators.entries()) axpy(noise * examples * parts[k]!, operator(q), image);
        return image;
      },
      // Another group of examples may have overtaken on the way.
      axpy(0.1, identity, vector.slice()),
      { tolerance: 1e-5, maxProducts: 60 },
    );
    products += pair.products;
    vector = pair.vector;
    const source = spread(head, vector);
    const tails = operators.map((operator) => dot(vector, operator(vector)));
    /** `vᵀT(ν)v`, which falls in ν. */
    const quotient = (at: number): number => {
      let sum = 0;
      for (let a = 0; a < rank; a++)
        for (let b = 0; b <= a; b++) sum += ((a === b ? 1 : 2) * source[a * rank + b]! ** 2) / gap(at, a, b);
      return (
        (noise / examples) * sum + noise * examples * dot(Float64Array.from(weights(at)), Float64Array.from(tails))
      );
    };
    curvature = rootOf(quotient, fullBatch * eigenvalues[0]!, nu);
    if (Math.abs(curvature / nu - 1) < 1e-7 || round === 20)
      return { curvature, residual: pair.residual + Math.abs(curvature / nu - 1), products };
  }
}

/** Where a falling function is 1, above its pole. */
function rootOf(falling: (x: number) => number, pole: number, guess: number): number {
  let [low, high] = [pole, guess];
  while (falling(high) > 1) [low, high] = [high, pole + 2 * (high - pole)];
  while (high - low > 1e-9 * high) {
    const middle = (low + high) / 2;
    if (falling(middle) > 1) low = middle;
    else high = middle;
  }
  return high;
}
