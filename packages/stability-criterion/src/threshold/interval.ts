import { axpy, dot, largestEigenpair } from "@sgdscope/linear-algebra";
import { StabilityError } from "../errors.js";
import { collect, roomFor, spread } from "../minimum.js";
import { weightsFor, type Batches, type SamplingWeights } from "../sampling.js";
import { identityBlocks } from "../secular.js";
import { hadamardTimes } from "./hadamard.js";
import { pause, TOLERANCE, type Rest, type TruncatedMinimum, type Watched } from "./truncated-minimum.js";

/** An interval that holds the exact threshold, from part of the spectrum. */
export interface ThresholdInterval {
  /** η* is no smaller: SGD is mean-square stable for learning rates up to it. */
  lower: number;
  /** η* is no larger: SGD is unstable beyond. */
  upper: number;
  /** Applications of the reduced operators. */
  products: number;
}

/**
 * An interval around the exact threshold of plain SGD, from the leading modes.
 *
 * The leading k modes are taken exactly, all others by what is known of them without their eigenvectors: the rest K_t of the Gram
 * matrix, and that their eigenvalues are at most λ_k. In the operator `T(ν)`, `ν = 2/η*`, of the residual blocks (see
 * `exactThreshold`) a pair of modes has the weight `λ_aλ_b/(½ν(λ_a + λ_b) − fλ_aλ_b)`, which grows with both. Between a leading
 * mode b and the rest it lies between `(2/ν)λ_a/(1 + λ_k/λ_b)` and `λ_a/(½ν − fλ_k)`, within the rest between `λ_aλ_b/(νλ_k)` and
 * `½(λ_a + λ_b)/(ν − fλ_k)`: each a Hadamard product with K_t, whose largest eigenvalues order like T's. Derived here.
 *
 * @param minimum - As `truncateMinimum` gives it.
 * @returns Rigorous but for rounding and the residuals of the eigenpairs, 1e-6 of each, by which the ends are moved apart. Cost some thirty
 *   products of `2k²nC` operations, and as many of `2(nC)²C`.
 * @throws StabilityError as `samplingFactor`; TOO_FEW_MODES where λ_k is not below half of λ₁, and batches are larger than one.
 */
export async function thresholdInterval(
  minimum: TruncatedMinimum,
  { onProgress, signal, ...batches }: Batches & Watched,
): Promise<ThresholdInterval> {
  const { examples, modes, eigenvalues, rest } = minimum;
  const weights = weightsFor("thresholdInterval", examples, batches);
  const [largest, last] = [eigenvalues[0]!, eigenvalues.at(-1)!];
  if (weights.noise === 0) {
    const edge = 2 / (weights.fullBatch * largest);
    return { lower: edge * (1 - TOLERANCE), upper: edge, products: 0 };
  }
  if (weights.fullBatch > 0 && !(2 * last < largest))
    throw new StabilityError(
      "TOO_FEW_MODES",
      `thresholdInterval: expected as many modes as reach down to half of the largest eigenvalue, ${largest}, got ${modes}, the last of ${last}.`,
    );
  let products = 0;
  const curvature = async (tail: Tail, fraction: number, stage: string): Promise<number> => {
    await pause({ onProgress, signal }, fraction, stage);
    const root = largestCurvature(minimum, tail, weights);
    products += root.products;
    return root.curvature * (1 + tail.slack * (root.residual + minimum.coupling));
  };
  const few = await curvature(fromBelow(rest, last), 0, "threshold from above");
  const many = await curvature(fromAbove(rest, last, weights.fullBatch), 0.5, "threshold from below");
  return { lower: 2 / many, upper: 2 / few, products };
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
  { head, eigenvalues }: TruncatedMinimum,
  { operators, weights }: Tail,
  { noise, fullBatch }: SamplingWeights,
): { curvature: number; residual: number; products: number } {
  const { examples, outputs, rank } = head;
  const identity = identityBlocks(examples, outputs);
  const how = { precision: "single", room: roomFor(head) } as const;
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
        const moment = spread(head, q, how);
        for (let a = 0; a < rank; a++) for (let b = 0; b <= a; b++) moment[a * rank + b]! /= gap(nu, a, b);
        const image = collect(head, moment, how);
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
