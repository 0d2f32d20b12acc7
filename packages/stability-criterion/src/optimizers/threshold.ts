import type { GramSystem } from "@sgdscope/noise-structure";
import { prepareMinimum, type PreparedMinimum } from "../minimum.js";
import { weightsFor, type Batches, type SamplingWeights } from "../sampling.js";
import { secularRoot, type SecularRoot } from "../secular.js";
import {
  checkSolver,
  exactThreshold,
  fourthMoment,
  shares,
  topBlocks,
  type ExactThreshold,
  type SolverOptions,
} from "../threshold/exact.js";
import { checkOptimizer, effectiveRate, isPlainSgd, meanEdge, momentumOf, type Optimizer } from "./optimizer.js";
import { responseRoot } from "./response-root.js";
import { responseMatrix } from "./response.js";

/**
 * The exact mean-square stability threshold of an optimizer with momentum at a global minimum with square loss: the one
 * learning rate η* at which second moments of the linearised optimizer neither grow nor fall.
 *
 * At it the second moment A of the position obeys `A = S_η∘N(A)`, `N(A) = p[(1/n)ΣHᵢAHᵢ − HAH]` (Bernoulli: without the second
 * term), where `S_η` holds the inner products of the responses of modes to the noise of one step; and ηλ_max lies within the
 * edge of the mean, `meanEdge`. For heavy balls and averaged momentum `1/S` is affine in 1/η, so that it is the reduced
 * eigenproblem of `exactThreshold` with other coefficients; Nesterov's momentum is solved by Newton's method in a bracket. Any
 * batch size, sampling, number of outputs; no approximation of the noise. Derived here; checked by enumeration of all batches.
 *
 * @param minimum - A Gram system or a prepared minimum; residuals do not matter. With a fixed preconditioner P, that of `JP⁻¹Jᵀ`.
 * @param options.optimizer - See {@link Optimizer}. Momentum 0 without weight decay is `exactThreshold`.
 * @returns As `exactThreshold`; the mode is that of the position. Cost some ten to thirty products of `2·rank²·nC` operations.
 * @throws StabilityError INVALID_ARGUMENT, and as `samplingFactor` and `prepareMinimum`.
 * @see Mulayoff & Michaeli (2024), arXiv:2306.07850, for plain SGD. Andreyev et al., arXiv:2604.14108, describe by their
 *   abstract that momentum moves the edge to 2(1 − β)/η for small batches and 2(1 + β)/η for large ones.
 */
export function optimizerThreshold(
  minimum: GramSystem | PreparedMinimum,
  options: Batches & SolverOptions & { optimizer: Optimizer },
): ExactThreshold {
  const { optimizer } = options;
  checkSolver("optimizerThreshold", options);
  checkOptimizer("optimizerThreshold", optimizer);
  const prepared = prepareMinimum(minimum, options);
  if (isPlainSgd(optimizer)) return exactThreshold(prepared, options);
  const weights = weightsFor("optimizerThreshold", prepared.examples, options);
  const edge = meanEdge(optimizer, prepared.eigenvalues[0]!);
  if (weights.noise === 0) return atTheMean(prepared, edge);
  return optimizer.kind === "nesterov"
    ? inResponses(prepared, optimizer, weights, edge, options)
    : inClosedForm(prepared, optimizer, weights, options);
}

/** Without noise the mean is all there is. */
function atTheMean(minimum: PreparedMinimum, edge: number): ExactThreshold {
  const mode = new Float64Array(minimum.rank ** 2);
  mode[0] = 1;
  return {
    criticalLearningRate: edge,
    relativeStep: 0,
    residual: 0,
    products: 0,
    newtonSteps: 0,
    converged: true,
    mode,
    exampleShares: shares(minimum, topBlocks(minimum)),
  };
}

/**
 * Heavy balls: `1/S_ab = x(1 − β)(l_a + l_b) + [β(l_a² + l_b²) − (1 + β²)l_al_b]/(1 − β²)` with `x = 1/η`, `l = λ + γ`.
 */
function inClosedForm(
  minimum: PreparedMinimum,
  optimizer: Optimizer,
  { noise, fullBatch }: SamplingWeights,
  options: SolverOptions,
): ExactThreshold {
  const { examples, rank, eigenvalues, powerTraces, meanSquaredH } = minimum;
  const beta = momentumOf(optimizer);
  const decay = optimizer.weightDecay ?? 0;
  const squares = beta / (1 - beta * beta);
  const product = -(1 + beta * beta) / (1 - beta * beta);
  const speed = 1 - beta;
  /** Coefficients of Δ at x = 0, in λ. */
  const fixed = [
    (2 * squares + product) * decay * decay,
    (2 * squares + product) * decay,
    product + 1 - fullBatch,
    squares,
  ] as const;
  const largest = eigenvalues[0]!;
  // Two Rayleigh quotients, at the top eigenvector and at the identity.
  const byTop =
    (noise * fourthMoment(minimum, 0) -
      (fixed[0] + 2 * fixed[1] * largest + (fixed[2] + 2 * fixed[3]) * largest * largest)) /
    (2 * speed * (largest + decay));
  const byIdentity =
    (noise * meanSquaredH -
      (rank * fixed[0] + 2 * fixed[1] * powerTraces[0] + (fixed[2] + 2 * fixed[3]) * powerTraces[1])) /
    (2 * speed * (powerTraces[0] + rank * decay));
  const root = secularRoot(
    {
      minimum,
      coordinates: eigenvalues,
      weight: noise / examples,
      delta: (x) => [fixed[0] + 2 * x * speed * decay, fixed[1] + x * speed, fixed[2], fixed[3]],
      slope: [2 * speed * decay, speed, 0],
      start: Math.max(byTop, byIdentity),
      shift: 0,
    },
    options,
  );
  return thresholdOf(minimum, root, effectiveRate(optimizer, root.x));
}

/** Nesterov's momentum: the response is not affine in 1/η. */
function inResponses(
  minimum: PreparedMinimum,
  optimizer: Optimizer,
  weights: SamplingWeights,
  edge: number,
  options: SolverOptions,
): ExactThreshold {
  const root = responseRoot(
    {
      minimum,
      weight: weights.noise / minimum.examples,
      response: (x) => responseMatrix(minimum, optimizer, 1 / x, weights),
      lower: 1 / edge,
      start: 2 / edge,
    },
    options,
  );
  return thresholdOf(minimum, root, root.x);
}

const thresholdOf = (
  minimum: PreparedMinimum,
  { moment, blocks, ...root }: SecularRoot,
  inverse: number,
): ExactThreshold => ({
  criticalLearningRate: 1 / inverse,
  relativeStep: root.relativeStep,
  residual: root.residual,
  products: root.products,
  newtonSteps: root.newtonSteps,
  converged: root.converged,
  mode: moment,
  exampleShares: shares(minimum, blocks),
});
