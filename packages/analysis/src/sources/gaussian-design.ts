import { gramSystemFromJacobian } from "@sgdscope/noise-structure";
import { gaussian, seededRandom } from "@sgdscope/random";
import type { Minimum } from "../minimum.js";

/**
 * The minimum of linear regression on Gaussian inputs whose variances fall linearly from 1 to 0.2, with Gaussian residuals.
 *
 * @param options.examples - Default 200.
 * @param options.dimension - Default 8.
 * @param options.seed - Default 1.
 */
export function gaussianDesignMinimum(options: { examples?: number; dimension?: number; seed?: number } = {}): Minimum {
  const { examples = 200, dimension = 8, seed = 1 } = options;
  const random = seededRandom(seed);
  const inputs = gaussian(examples * dimension, random);
  for (let k = 0; k < inputs.length; k++)
    inputs[k]! *= Math.sqrt(1 - (0.8 * (k % dimension)) / Math.max(1, dimension - 1));
  return {
    name: `linear regression on Gaussian inputs, seed ${seed}`,
    system: gramSystemFromJacobian(inputs, gaussian(examples, random), { examples, outputs: 1 }),
    loss: "square",
    precision: "float64",
  };
}
