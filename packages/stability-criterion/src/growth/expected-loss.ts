import type { GramSystem, RankOptions } from "@sgdscope/noise-structure";
import { expectInteger, expectPositive } from "../errors.js";
import { prepareMinimum, type PreparedMinimum } from "../minimum.js";
import { checkOptimizer, expectNoDecay, type Optimizer } from "../optimizers/optimizer.js";
import type { Batches } from "../sampling.js";
import { secondMoments } from "./trajectory.js";

/** The exact expected loss curve of linearised SGD. */
export interface ExpectedLoss {
  /** `E L_t` for t = 0 … steps. */
  losses: Float64Array;
  /** The part of the loss that no step can change: residuals outside the range of the Gram matrix. */
  floor: number;
}

/**
 * The exact expected loss `E L_t` of linearised SGD from the residuals of the system, by recursion of the second moment
 * in the eigenbasis of H: `M' = M − η(ΛM + MΛ) + η²[(1−p)ΛMΛ + (p/n)ΣXᵢᵀQᵢXᵢ]`, `Qᵢ = E[rᵢrᵢᵀ]`.
 *
 * Monte-Carlo means of the loss underestimate this badly above the threshold, because few paths carry the mean.
 * Residuals that are not realizable keep the noise alive; the recursion carries the mean as well and stays exact.
 * The recursion is derived here and agrees with enumeration of all batches.
 *
 * @param options.learningRate - η.
 * @param options.optimizer - Momentum, starting at rest: the recursion is then that of the joint second moments of position and
 *   velocity. Default plain SGD; weight decay is refused, for its pull depends on the parameters themselves.
 * @param options.steps - Number of steps, ≥ 0.
 * @returns `steps + 1` losses; those beyond the largest number are Infinity. Cost `2·rank²·nC` operations per step.
 * @throws StabilityError INVALID_ARGUMENT and as `samplingFactor` and `prepareMinimum`.
 */
export function expectedLoss(
  system: GramSystem | PreparedMinimum,
  options: Batches & RankOptions & { learningRate: number; steps: number; optimizer?: Optimizer },
): ExpectedLoss {
  const { learningRate: eta, steps } = options;
  expectPositive("expectedLoss", "options.learningRate", eta);
  expectInteger("expectedLoss", "options.steps", steps, 0);
  if (options.optimizer !== undefined) {
    checkOptimizer("expectedLoss", options.optimizer);
    expectNoDecay("expectedLoss", options.optimizer);
  }
  const minimum = prepareMinimum(system, options);
  const losses = new Float64Array(steps + 1).fill(Infinity);
  const floor = secondMoments("expectedLoss", minimum, options, (t, moment, outside) => {
    let loss = outside;
    for (let a = 0; a < minimum.rank; a++) loss += 0.5 * minimum.eigenvalues[a]! * moment[a * minimum.rank + a]!;
    losses[t] = loss;
    return loss < 1e290;
  });
  return { losses, floor };
}
