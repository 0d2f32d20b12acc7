import type { Ire } from "./optimizer.js";
import type { OptimizerState } from "./state.js";

/** Steps from one choice of the flat coordinates to the next. */
export const irePeriod = 10;

/** How many of `size` coordinates are sharp; at least one is flat. */
export const sharpCount = (rank: number, size: number): number => Math.min(size - 1, Math.round(rank * size));

/**
 * A step of IRE on Float64 arrays; changes `parameters` and `state`, and spends `gradient`.
 *
 * Of coordinates whose |g| ties at the border between sharp and flat all are flat; a gradient of 0 leaves the choice as it is, at first all sharp.
 *
 * Source: Wang et al. (2024), arXiv:2405.20763, in the form of the authors' code as recalled, but for the ranking by g² of the batch.
 */
export function stepIre(
  { prog, rank, momentum, weightDecay }: Required<Ire>,
  parameters: Float64Array,
  gradient: Float64Array,
  learningRate: number,
  state: OptimizerState<Float64Array>,
): void {
  const size = parameters.length;
  const mask = (state.slots["flat-mask"] ??= new Float64Array(size));
  if (state.steps++ % irePeriod === 0) {
    const sorted = gradient.map(Math.abs).sort();
    const largestFlat = sorted[size - 1 - sharpCount(rank, size)]!;
    if (sorted[size - 1]! > 0) for (let k = 0; k < size; k++) mask[k] = Math.abs(gradient[k]!) <= largestFlat ? 1 : 0;
  }
  const velocity = momentum > 0 ? (state.slots.velocity ??= new Float64Array(size)) : undefined;
  for (let k = 0; k < size; k++) {
    let m = gradient[k]! + weightDecay * parameters[k]!;
    if (velocity !== undefined) m = velocity[k] = momentum * velocity[k]! + m;
    parameters[k]! -= learningRate * (1 + prog * mask[k]!) * m;
  }
}
