import type { CompleteOptimizer } from "./optimizer.js";
import type { OptimizerState } from "./state.js";

/** SGD and its forms with a velocity, with every setting. */
export type CompleteMomentum = Extract<CompleteOptimizer, { kind: "sgd" | "heavy-ball" | "nesterov" | "ema" }>;

/**
 * A step of SGD, heavy balls, Nesterov's or averaged momentum on Float64 arrays; changes `parameters` and `state`, and spends
 * `gradient`. The first velocity is the gradient, without dampening.
 *
 * Source: `torch.optim.SGD`, reproduced step by step in the tests.
 */
export function stepMomentum(
  optimizer: CompleteMomentum,
  parameters: Float64Array,
  gradient: Float64Array,
  learningRate: number,
  state: OptimizerState<Float64Array>,
): void {
  const { weightDecay } = optimizer;
  const size = parameters.length;
  if (weightDecay !== 0) for (let k = 0; k < size; k++) gradient[k]! += weightDecay * parameters[k]!;
  if (optimizer.kind === "sgd") {
    for (let k = 0; k < size; k++) parameters[k]! -= learningRate * gradient[k]!;
    return;
  }
  const { kind, momentum, dampening } = optimizer;
  const before = state.slots.velocity;
  const velocity = (state.slots.velocity ??= new Float64Array(size));
  const share = before === undefined ? 1 : 1 - dampening;
  for (let k = 0; k < size; k++) {
    const g = gradient[k]!;
    const m = momentum * velocity[k]! + share * g;
    velocity[k] = m;
    parameters[k]! -= learningRate * (kind === "nesterov" ? g + momentum * m : m);
  }
}
