import type { Adam } from "./optimizer.js";
import { wholePower, type OptimizerState } from "./state.js";

/**
 * A step of Adam on Float64 arrays; changes `parameters` and `state`, and spends `gradient`.
 *
 * Source: Kingma and Ba (2015), arXiv:1412.6980, Algorithm 1, as `torch.optim.Adam` computes it, reproduced step by step in the tests.
 */
export function stepAdam(
  { beta1, beta2, epsilon, weightDecay }: Required<Adam>,
  parameters: Float64Array,
  gradient: Float64Array,
  learningRate: number,
  state: OptimizerState<Float64Array>,
): void {
  const size = parameters.length;
  const first = (state.slots["first-moment"] ??= new Float64Array(size));
  const second = (state.slots["second-moment"] ??= new Float64Array(size));
  const { rate, root } = corrections({ beta1, beta2 }, learningRate, ++state.steps);
  for (let k = 0; k < size; k++) {
    const g = gradient[k]! + weightDecay * parameters[k]!;
    const m = first[k]! + (1 - beta1) * (g - first[k]!);
    const v = beta2 * second[k]! + (1 - beta2) * g * g;
    first[k] = m;
    second[k] = v;
    parameters[k]! -= (rate * m) / (Math.sqrt(v) / root + epsilon);
  }
}

/** What the moments are divided by after `steps` steps: η/(1 − β₁ᵗ), and √(1 − β₂ᵗ). */
export function corrections(
  { beta1, beta2 }: { beta1: number; beta2: number },
  learningRate: number,
  steps: number,
): { rate: number; root: number } {
  return {
    rate: learningRate / (1 - wholePower(beta1, steps)),
    root: Math.sqrt(1 - wholePower(beta2, steps)),
  };
}
