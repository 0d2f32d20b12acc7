import type { GramSystem, RankOptions } from "@sgdscope/noise-structure";
import { prepareMinimum, type PreparedMinimum } from "../minimum.js";
import { weightsFor, type Batches } from "../sampling.js";
import { checkOptimizer, meanEdge, type Optimizer } from "./optimizer.js";
import { modeResponse } from "./response.js";

/**
 * What the threshold of an optimizer would be under decoupled noise Σ = 2LG, from the spectrum alone: the root of
 * `p·Σ_a λ_a²S_aa(η) = 1`, where S_aa is the answer of mode a to the noise of one step; for heavy balls
 * `Σ pηλ/[(1 − β)(2 − ηλ/(1 + β))] = 1`. A heuristic: it may lie on either side of `optimizerThreshold`. Derived here.
 *
 * @returns The edge of the mean without noise. Cost some sixty passes over the eigenvalues.
 * @throws StabilityError INVALID_ARGUMENT, and as `samplingFactor` and `prepareMinimum`.
 */
export function decoupledOptimizerThreshold(
  minimum: GramSystem | PreparedMinimum,
  options: Batches & RankOptions & { optimizer: Optimizer },
): number {
  const { optimizer } = options;
  checkOptimizer("decoupledOptimizerThreshold", optimizer);
  const prepared = prepareMinimum(minimum, options);
  const { noise } = weightsFor("decoupledOptimizerThreshold", prepared.examples, options);
  const edge = meanEdge(optimizer, prepared.eigenvalues[0]!);
  if (noise === 0) return edge;
  const grows = (learningRate: number): boolean => {
    let sum = 0;
    for (const curvature of prepared.eigenvalues)
      sum += noise * curvature ** 2 * modeResponse(optimizer, learningRate, curvature);
    return sum >= 1;
  };
  // The sum rises from 0 to ∞ at the edge of the mean.
  let [low, high] = [0, edge];
  for (let middle = edge / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (grows(middle)) high = middle;
    else low = middle;
  }
  return low;
}
