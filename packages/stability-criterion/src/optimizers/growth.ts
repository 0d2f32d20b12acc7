import type { GramSystem } from "@sgdscope/noise-structure";
import { expectPositive } from "../errors.js";
import { spectralRadius, type GrowthOptions, type SpectralRadius } from "../growth/spectral-radius.js";
import { prepareMinimum, type PreparedMinimum } from "../minimum.js";
import { weightsFor, type Batches } from "../sampling.js";
import { checkSolver, shares, topBlocks } from "../threshold/exact.js";
import { checkOptimizer, isPlainSgd, type Optimizer } from "./optimizer.js";
import { responseRoot } from "./response-root.js";
import { meanRadius, responseMatrix } from "./response.js";

/**
 * The growth of second moments per step under a linearised optimizer with momentum: the spectral radius of the joint
 * operator on position and velocity, on the range of H.
 *
 * Where ρ exceeds the squared modulus of the slowest mode of the mean, it is the root of `spectral radius(A ↦ S_ρ∘N(A)) = 1`
 * with the responses damped by `ρ^(−k/2)`; below the threshold that modulus can be the larger, and is the answer. Derived here;
 * checked by enumeration of all batches.
 *
 * @param learningRate - η.
 * @param options.optimizer - See `Optimizer`.
 * @returns As `spectralRadius`; the mode is that of the position. Cost some ten to forty products of `2·rank²·nC` operations.
 * @throws StabilityError INVALID_ARGUMENT, and as `samplingFactor` and `prepareMinimum`.
 */
export function optimizerGrowth(
  minimum: GramSystem | PreparedMinimum,
  learningRate: number,
  options: Batches & GrowthOptions & { optimizer: Optimizer },
): SpectralRadius {
  const { optimizer } = options;
  expectPositive("optimizerGrowth", "learningRate", learningRate);
  checkSolver("optimizerGrowth", options);
  checkOptimizer("optimizerGrowth", optimizer);
  const prepared = prepareMinimum(minimum, options);
  if (isPlainSgd(optimizer)) return spectralRadius(prepared, learningRate, options);
  const weights = weightsFor("optimizerGrowth", prepared.examples, options);
  const slowest = meanRadius(prepared, optimizer, learningRate);
  const mean = (products = 0): SpectralRadius => {
    const mode = new Float64Array(prepared.rank ** 2);
    mode[0] = 1;
    return {
      spectralRadius: slowest,
      growthRate: Math.log(slowest),
      relativeStep: 0,
      residual: 0,
      products,
      newtonSteps: 0,
      converged: true,
      mode,
      exampleShares: shares(prepared, topBlocks(prepared)),
    };
  };
  if (weights.noise === 0) return mean();
  const root = responseRoot(
    {
      minimum: prepared,
      weight: weights.noise / prepared.examples,
      response: (growth) => responseMatrix(prepared, optimizer, learningRate, weights, growth),
      lower: slowest,
      start: Math.max(2 * slowest, 1),
    },
    options,
  );
  // No root above the modulus: the bracket has closed on it.
  if (root.x <= slowest * (1 + 1e-9)) return mean(root.products);
  const { moment, blocks, x, ...rest } = root;
  return {
    spectralRadius: x,
    growthRate: Math.log(x),
    relativeStep: rest.relativeStep,
    residual: rest.residual,
    products: rest.products,
    newtonSteps: rest.newtonSteps,
    converged: rest.converged,
    mode: moment,
    exampleShares: shares(prepared, blocks),
  };
}
