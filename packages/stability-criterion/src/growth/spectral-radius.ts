import type { GramSystem } from "@sgdscope/noise-structure";
import { expectPositive, StabilityError } from "../errors.js";
import { collect, prepareMinimum, type PreparedMinimum } from "../minimum.js";
import { weightsFor, type Batches } from "../sampling.js";
import { isRoughFirst, secularRoot } from "../secular.js";
import { checkSolver, fourthMoment, shares, topBlocks, type SolverOptions } from "../threshold/exact.js";

/** The growth per step of second moments under linearised SGD, on the range of H. */
export interface SpectralRadius {
  /** `ρ(Q)`: asymptotic factor of `E‖δ‖²` and of the expected loss per step. Above 1 is escape, below 1 is decay. */
  spectralRadius: number;
  /** `log ρ(Q)`. */
  growthRate: number;
  relativeStep: number;
  residual: number;
  products: number;
  newtonSteps: number;
  converged: boolean;
  /** The second moment that grows like this, in the eigenbasis of H: `rank × rank`, positive semidefinite, trace 1. */
  mode: Float64Array;
  /** Share of the loss that each example carries in that mode; length n, sum 1. */
  exampleShares: Float64Array;
}

/** How exactly to solve, and what is known already. */
export interface GrowthOptions extends SolverOptions {
  /** A second moment near the one that grows, such as the mode of a threshold near η: a large rank takes fewer products then. */
  guess?: Float64Array;
}

/**
 * The spectral radius of the second-moment operator `Q = I − 2ηC + η²D` of linearised SGD, restricted to the range of H.
 *
 * `Q` preserves positive semidefinite matrices, so its spectral radius is its largest eigenvalue [Ma & Ying (2021),
 * arXiv:2105.13462, for Q; Mulayoff & Michaeli (2024), arXiv:2306.07850, Theorem 6]. Found as the largest root of the reduced
 * problem above the diagonal of Q (`secularRoot`, derived here), so that slow directions near 1 cost nothing.
 *
 * @param learningRate - η.
 * @returns Cost some ten to forty products of `2·rank²·nC` operations.
 * @throws StabilityError INVALID_ARGUMENT, and as `samplingFactor` and `prepareMinimum`.
 */
export function spectralRadius(
  minimum: GramSystem | PreparedMinimum,
  learningRate: number,
  options: Batches & GrowthOptions,
): SpectralRadius {
  expectPositive("spectralRadius", "learningRate", learningRate);
  checkSolver("spectralRadius", options);
  const prepared = prepareMinimum(minimum, options);
  const { rank, eigenvalues, powerTraces, meanSquaredH, meanSquaredChi, examples } = prepared;
  const { noise, fullBatch } = weightsFor("spectralRadius", examples, options);
  const eta = learningRate;
  // Without the single-example term Q is diagonal; the largest entry belongs to the first or the last eigenvalue.
  const diagonal = (a: number): number => 1 - 2 * eta * eigenvalues[a]! + fullBatch * (eta * eigenvalues[a]!) ** 2;
  const outer = diagonal(0) >= diagonal(rank - 1) ? 0 : rank - 1;
  const pole = diagonal(outer);
  if (noise === 0) {
    const mode = new Float64Array(rank * rank);
    mode[outer * rank + outer] = 1;
    return {
      spectralRadius: pole,
      growthRate: Math.log(pole),
      relativeStep: 0,
      residual: 0,
      products: 0,
      newtonSteps: 0,
      converged: true,
      mode,
      exampleShares: shares(prepared, topBlocks(prepared, outer)),
    };
  }
  const [t1, t2, t3, t4] = powerTraces;
  const quotient = (linear: number, full: number, single: number): number =>
    1 - 2 * eta * linear + eta * eta * (fullBatch * full + noise * single) - pole;
  const start = Math.max(
    eta * eta * noise * fourthMoment(prepared, outer),
    quotient(t1 / rank, t2 / rank, meanSquaredH / rank),
    quotient(t3 / t2, t4 / t2, meanSquaredChi / t2),
  );
  const known = guessOf(prepared, options.guess, (a, b, square) => {
    const product = eigenvalues[a]! * eigenvalues[b]!;
    return square * (1 - eta * (eigenvalues[a]! + eigenvalues[b]!) + eta * eta * fullBatch * product - pole);
  });
  // A little below, since rounding may have put a quotient at the root itself above it.
  const byGuess = known === undefined ? -Infinity : (known.diagonal + eta * eta * noise * known.single) * (1 - 1e-6);
  const guess = byGuess > start ? { guess: { blocks: known!.blocks, start: byGuess } } : {};
  const root = secularRoot(
    {
      ...guess,
      start,
      minimum: prepared,
      coordinates: eigenvalues.map((value) => value - eigenvalues[outer]!),
      weight: (eta * eta * noise) / examples,
      delta: (x) => [x, eta - eta * eta * fullBatch * eigenvalues[outer]!, -eta * eta * fullBatch],
      slope: [1, 0, 0],
      shift: pole,
    },
    options,
  );
  const radius = pole + root.x;
  return {
    spectralRadius: radius,
    growthRate: Math.log(radius),
    relativeStep: root.relativeStep,
    residual: root.residual,
    products: root.products,
    newtonSteps: root.newtonSteps,
    converged: root.converged,
    mode: root.moment,
    exampleShares: shares(prepared, root.blocks),
  };
}

/** A guess of a large rank as blocks, and the two parts of its Rayleigh quotient. */
function guessOf(
  minimum: PreparedMinimum,
  guess: Float64Array | undefined,
  diagonalOf: (a: number, b: number, square: number) => number,
): { blocks: Float64Array; diagonal: number; single: number } | undefined {
  const { rank, examples } = minimum;
  if (guess === undefined) return undefined;
  if (guess.length !== rank * rank)
    throw new StabilityError(
      "SHAPE_MISMATCH",
      `spectralRadius: expected options.guess of length ${rank * rank}, rank × rank, got ${guess.length}.`,
    );
  if (!isRoughFirst(minimum)) return undefined;
  const blocks = collect(minimum, guess, { precision: "single" });
  let squares = 0;
  let diagonal = 0;
  for (let a = 0, k = 0; a < rank; a++)
    for (let b = 0; b < rank; b++, k++) {
      const square = guess[k]! * guess[k]!;
      squares += square;
      diagonal += diagonalOf(a, b, square);
    }
  const single = blocks.reduce((sum, value) => sum + value * value, 0) / examples;
  return { blocks, diagonal: diagonal / squares, single: single / squares };
}
