import type { RmsProp } from "./optimizer.js";
import type { OptimizerState } from "./state.js";

/**
 * A step of RMSprop on Float64 arrays; changes `parameters` and `state`, and spends `gradient`.
 *
 * The centred variance v − ḡ² counts as 0 where rounding makes it negative.
 *
 * Source: Tieleman and Hinton (2012, lecture 6.5); Graves (2013), arXiv:1308.0850, centred; as `torch.optim.RMSprop` computes it,
 * reproduced step by step in the tests.
 */
export function stepRmsProp(
  { alpha, epsilon, momentum, centered, weightDecay }: Required<RmsProp>,
  parameters: Float64Array,
  gradient: Float64Array,
  learningRate: number,
  { slots }: OptimizerState<Float64Array>,
): void {
  const size = parameters.length;
  const square = (slots["square-average"] ??= new Float64Array(size));
  const mean = centered ? (slots["gradient-average"] ??= new Float64Array(size)) : undefined;
  const velocity = momentum > 0 ? (slots.velocity ??= new Float64Array(size)) : undefined;
  for (let k = 0; k < size; k++) {
    const g = gradient[k]! + weightDecay * parameters[k]!;
    const v = alpha * square[k]! + (1 - alpha) * g * g;
    square[k] = v;
    let variance = v;
    if (mean !== undefined) {
      mean[k]! += (1 - alpha) * (g - mean[k]!);
      variance = Math.max(0, v - mean[k]! * mean[k]!);
    }
    let step = g / (Math.sqrt(variance) + epsilon);
    if (velocity !== undefined) step = velocity[k] = momentum * velocity[k]! + step;
    parameters[k]! -= learningRate * step;
  }
}
