import { gaussian } from "@sgdscope/random";
import { expectCount, expectLength, ModelsRfmError } from "../errors.js";
import type { ClosedFormModel, Random } from "../model.js";

/**
 * One draw of the gradient noise of the stochastic differential equation that replaces minibatches of B:
 * √((1/B − 1/n)Σℓ′²)·∇((1/n)Σ ξ_i f(x_i)) with ξ ~ N(0, I), to be added to the full gradient (1/n)Σℓ′_i∇f(x_i) of a step.
 *
 * Its covariance is (1/B − 1/n)·mean ℓ′²·JᵀJ/n: noise decoupled from the examples that carry the loss (this reading derived here).
 *
 * @param slopes - ℓ′_i, the derivative of the loss of each output, length nC: residuals for the square loss, `slopes` of `scaledHinge`.
 * @returns Length P; 0 at B = n. O(nP).
 * @throws ModelsRfmError `INVALID_SIZE`, `WRONG_LENGTH`; `INVALID_VALUE` for batches of more than n examples.
 * @see Sclocchi, Geiger and Wyart (2023), arXiv:2301.13703, as in the authors' code, for one output.
 */
export function decoupledGradientNoise(
  model: ClosedFormModel,
  theta: Float64Array,
  X: Float64Array,
  slopes: Float64Array,
  options: { batchSize: number; random: Random },
): Float64Array {
  const { batchSize, random } = options;
  const n = Math.floor(X.length / model.inputs);
  expectCount("decoupledGradientNoise: expected batchSize", batchSize);
  expectLength("decoupledGradientNoise: expected slopes", slopes, n * model.outputs);
  if (batchSize > n)
    throw new ModelsRfmError(
      "INVALID_VALUE",
      `decoupledGradientNoise: expected batchSize of at most the ${n} examples, got ${batchSize}`,
    );
  const squares = slopes.reduce((sum, slope) => sum + slope * slope, 0);
  const scale = Math.sqrt((1 / batchSize - 1 / n) * squares) / n;
  const noise = new Float64Array(model.parameters);
  const everything = Int32Array.from({ length: n }, (_, i) => i);
  const weights = gaussian(slopes.length, random).map((xi) => scale * xi);
  model.pullBack(theta, X, weights, everything, noise);
  return noise;
}
