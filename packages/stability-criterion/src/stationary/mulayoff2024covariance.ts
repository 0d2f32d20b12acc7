import { axpy } from "@sgdscope/linear-algebra";
import type { GramSystem } from "@sgdscope/noise-structure";
import { expectPositive, StabilityError } from "../errors.js";
import { splitResiduals } from "../growth/split-residuals.js";
import { collect, prepareMinimum, spread, type PreparedMinimum } from "../minimum.js";
import { checkOptimizer, expectNoDecay, type Optimizer } from "../optimizers/optimizer.js";
import { responseMatrix } from "../optimizers/response.js";
import { optimizerThreshold } from "../optimizers/threshold.js";
import { weightsFor, type Batches } from "../sampling.js";
import type { SolverOptions } from "../threshold/exact.js";
import { conjugateGradients } from "./conjugate-gradients.js";

/** Where SGD settles around a minimum that does not interpolate. */
export interface StationaryCovariance {
  /** `lim E[δδᵀ]` in the eigenbasis of H, `rank × rank`. */
  covariance: Float64Array;
  /** `lim E‖δ‖²`. */
  squaredDistance: number;
  /** `lim E L − L(θ*) = ½Tr(H·covariance)`. */
  excessLoss: number;
  /** `lim E‖∇L‖²`. */
  squaredGradient: number;
  /** Relative residual of the linear solve. */
  residual: number;
}

/**
 * The stationary covariance of linearised SGD around a regular minimum, `ηp(2C − ηD)†vec(Σ_g)` with
 * `Σ_g = (1/n)Σgᵢgᵢᵀ`, where `gᵢ = Jᵢᵀsᵢ` are the gradients left at the minimum by the unrealizable residuals s. Zero where
 * the minimum interpolates.
 *
 * Solved by conjugate gradients after reduction to blocks of residuals: with the responses R of pairs of modes, for plain SGD
 * `R_ab = η/(λ_a + λ_b − η(1−p)λ_aλ_b)`, and `q = collect(M)`, `(I − p/n·collect∘R∘spread)q = p·collect(R∘Σ_g)`. Reduction derived
 * here, and with it the cloud of optimizers with momentum.
 *
 * @param options.learningRate - η, below the exact threshold.
 * @param options.optimizer - Momentum; default plain SGD. Weight decay is refused, for its pull depends on the parameters themselves.
 * @throws StabilityError INVALID_ARGUMENT at or above the threshold, and as `samplingFactor` and `prepareMinimum`.
 * @see Mulayoff & Michaeli (2024), arXiv:2306.07850, Theorem 5 and Corollary 1.
 */
export function stationaryCovariance(
  system: GramSystem | PreparedMinimum,
  options: Batches & SolverOptions & { learningRate: number; optimizer?: Optimizer },
): StationaryCovariance {
  const { learningRate: eta, optimizer = { kind: "sgd" }, tolerance = 1e-12 } = options;
  expectPositive("stationaryCovariance", "options.learningRate", eta);
  checkOptimizer("stationaryCovariance", optimizer);
  expectNoDecay("stationaryCovariance", optimizer);
  const minimum = prepareMinimum(system, options);
  const weights = weightsFor("stationaryCovariance", minimum.examples, options);
  const { criticalLearningRate } = optimizerThreshold(minimum, { ...options, optimizer });
  if (eta >= criticalLearningRate)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `stationaryCovariance: expected options.learningRate below the threshold ${criticalLearningRate}, got ${eta}.`,
    );
  const { examples: n, outputs, rank, eigenvalues } = minimum;
  const responses = responseMatrix(minimum, optimizer, eta, weights);
  const respond = (matrix: Float64Array): Float64Array => matrix.map((value, k) => value * responses[k]!);
  const { outside } = splitResiduals(minimum);
  const source = new Float64Array(n * outputs * outputs);
  for (let i = 0, q = 0; i < n; i++)
    for (let c = i * outputs; c < (i + 1) * outputs; c++)
      for (let d = i * outputs; d < (i + 1) * outputs; d++, q++) source[q] = outside[c]! * outside[d]!;

  const strength = weights.noise / n;
  const driven = (blocks: Float64Array): Float64Array => {
    const image = collect(minimum, respond(spread(minimum, blocks)));
    return image.map((value) => strength * value);
  };
  const { solution, residual } = conjugateGradients((q) => axpy(-1, driven(q), q.slice()), driven(source), tolerance);
  const covariance = respond(spread(minimum, axpy(1, source, solution))).map((value) => strength * value);
  let [squaredDistance, excessLoss, squaredGradient] = [0, 0, 0];
  for (let a = 0; a < rank; a++) {
    const variance = covariance[a * rank + a]!;
    squaredDistance += variance;
    excessLoss += 0.5 * eigenvalues[a]! * variance;
    squaredGradient += eigenvalues[a]! ** 2 * variance;
  }
  return { covariance, squaredDistance, excessLoss, squaredGradient, residual };
}
