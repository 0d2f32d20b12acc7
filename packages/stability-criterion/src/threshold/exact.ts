import type { GramSystem, RankOptions } from "@sgdscope/noise-structure";
import { expectInteger, expectPositive } from "../errors.js";
import { prepareMinimum, type PreparedMinimum } from "../minimum.js";
import { weightsFor, type Batches } from "../sampling.js";
import { secularRoot } from "../secular.js";

/** The critical learning rate of mean-square stability, with what is known about its accuracy. */
export interface ExactThreshold {
  /** η*: SGD is mean-square stable for learning rates up to it and unstable beyond. */
  criticalLearningRate: number;
  /** Relative size of the last correction. */
  relativeStep: number;
  /** Residual of the reduced eigenproblem, see `secularRoot`; 0 where the threshold is known in closed form. */
  residual: number;
  products: number;
  newtonSteps: number;
  converged: boolean;
  /** The covariance that is marginal at η*, in the eigenbasis of H: `rank × rank`, positive semidefinite, trace 1. */
  mode: Float64Array;
  /** Share of the loss that each example carries in that mode; length n, sum 1: the examples that make SGD unstable. */
  exampleShares: Float64Array;
}

/** How exactly to solve. */
export interface SolverOptions extends RankOptions {
  /** Relative step at which the iteration stops. Default 1e-12. */
  tolerance?: number;
  /** Most products, `2·rank²·nC` operations each. Default 400. */
  maxProducts?: number;
}

/**
 * The exact mean-square stability threshold of SGD at a global minimum with square loss.
 *
 * With `C = ½(H⊗I + I⊗H)` and `D = (1−p)H⊗H + p(1/n)ΣHᵢ⊗Hᵢ`, `η* = 2/λ_max(C†D)` [Mulayoff & Michaeli (2024),
 * arXiv:2306.07850, Theorem 3]; for Bernoulli batches `D = H⊗H + p(1/n)ΣHᵢ⊗Hᵢ` (derived here). Solved as
 * `νC − D` singular for the largest `ν = 2/η*` by reduction to the n examples (`secularRoot`, derived here).
 *
 * @param minimum - A Gram system or a prepared minimum; residuals do not matter.
 * @param options - Batch size, sampling, solver.
 * @returns Cost some ten to thirty products of `2·rank²·nC` operations.
 * @throws StabilityError as `samplingFactor` and `prepareMinimum`.
 */
export function exactThreshold(
  minimum: GramSystem | PreparedMinimum,
  options: Batches & SolverOptions,
): ExactThreshold {
  checkSolver("exactThreshold", options);
  const prepared = prepareMinimum(minimum, options);
  const { rank, eigenvalues, powerTraces, meanSquaredH } = prepared;
  const { noise, fullBatch } = weightsFor("exactThreshold", prepared.examples, options);
  const largest = eigenvalues[0]!;
  if (noise === 0) {
    const mode = new Float64Array(rank * rank);
    mode[0] = 1;
    return {
      criticalLearningRate: 2 / (fullBatch * largest),
      relativeStep: 0,
      residual: 0,
      products: 0,
      newtonSteps: 0,
      converged: true,
      mode,
      exampleShares: shares(prepared, topBlocks(prepared)),
    };
  }
  // x counts from the pole, and Δ_ab = ½λ_a(x + f·d_b) + ½λ_b(x + f·d_a) with d = λ₁ − λ: nothing cancels, however small the noise.
  const pole = fullBatch * largest;
  // Two Rayleigh quotients, at the top eigenvector and at the identity; the first alone is above the pole.
  const byTop = (noise * fourthMoment(prepared, 0)) / largest;
  const distances = eigenvalues.map((value) => largest - value);
  const below = eigenvalues.reduce((sum, value, a) => sum + value * distances[a]!, 0);
  const byIdentity = (noise * meanSquaredH - fullBatch * below) / powerTraces[0];
  const root = secularRoot(
    {
      minimum: prepared,
      coordinates: eigenvalues,
      weight: noise / prepared.examples,
      partners: distances,
      delta: (x) => [0, x / 2, fullBatch],
      slope: [0, 0.5, 0],
      start: Math.max(byTop, byIdentity),
      shift: pole,
    },
    options,
  );
  return {
    criticalLearningRate: 2 / (pole + root.x),
    relativeStep: root.relativeStep,
    residual: root.residual,
    products: root.products,
    newtonSteps: root.newtonSteps,
    converged: root.converged,
    mode: root.moment,
    exampleShares: shares(prepared, root.blocks),
  };
}

/** @internal Refuses a tolerance that is not positive and products that are no number. */
export function checkSolver(caller: string, { tolerance = 1, maxProducts = 1 }: SolverOptions): void {
  expectPositive(caller, "options.tolerance", tolerance);
  expectInteger(caller, "options.maxProducts", maxProducts, 1);
}

/** `(1/n) Σᵢ‖Xᵢe_a‖⁴`, the mean of `(v_aᵀHᵢv_a)²` for eigenvector a. */
export function fourthMoment({ examples, outputs, rank, features }: PreparedMinimum, a: number): number {
  let sum = 0;
  for (let i = 0; i < examples; i++) {
    let square = 0;
    for (let c = 0; c < outputs; c++) square += features[(i * outputs + c) * rank + a]! ** 2;
    sum += square * square;
  }
  return sum / examples;
}

/** @internal Traces of the blocks, normalised to sum 1. */
export function shares({ examples, outputs }: PreparedMinimum, blocks: Float64Array): Float64Array {
  const traces = new Float64Array(examples);
  let total = 0;
  for (let i = 0; i < examples; i++)
    for (let c = 0; c < outputs; c++) {
      const value = blocks[(i * outputs + c) * outputs + c]!;
      traces[i]! += value;
      total += value;
    }
  return traces.map((value) => value / total);
}

/** @internal The blocks of the top eigenvector's covariance. */
export function topBlocks({ examples, outputs, rank, features }: PreparedMinimum, a = 0): Float64Array {
  const blocks = new Float64Array(examples * outputs * outputs);
  for (let i = 0, q = 0; i < examples; i++)
    for (let c = 0; c < outputs; c++)
      for (let d = 0; d < outputs; d++, q++)
        blocks[q] = features[(i * outputs + c) * rank + a]! * features[(i * outputs + d) * rank + a]!;
  return blocks;
}
