import { stepAdam } from "./adam.js";
import { stepIre } from "./ire.js";
import { stepMomentum } from "./momentum.js";
import type { CompleteOptimizer } from "./optimizer.js";
import { stepRmsProp } from "./rmsprop.js";
import { baseOf } from "./sam.js";
import type { OptimizerState } from "./state.js";

/** A step of any optimizer on Float64 arrays, of SAM with the gradient of the perturbed point; changes `parameters` and `state`, and spends `gradient`. */
export function stepArrays(
  optimizer: CompleteOptimizer,
  parameters: Float64Array,
  gradient: Float64Array,
  learningRate: number,
  state: OptimizerState<Float64Array>,
): void {
  if (optimizer.kind === "adam") stepAdam(optimizer, parameters, gradient, learningRate, state);
  else if (optimizer.kind === "rmsprop") stepRmsProp(optimizer, parameters, gradient, learningRate, state);
  else if (optimizer.kind === "ire") stepIre(optimizer, parameters, gradient, learningRate, state);
  else if (optimizer.kind === "sam") stepArrays(baseOf(optimizer), parameters, gradient, learningRate, state);
  else stepMomentum(optimizer, parameters, gradient, learningRate, state);
}
