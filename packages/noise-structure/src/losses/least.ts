import type { OutputLoss } from "./loss.js";
import { expectCount, expectNumbers } from "./shape.js";

/** The least mean loss that the targets of a data set allow. */
export interface LeastMeanLoss {
  /** `(1/n) Σ inf_f ℓ(f, yᵢ)`: of cross-entropy the mean entropy of the targets. */
  loss: number;
  /**
   * Whether outputs reach it. Where they do, s = 0 there for every example: the noise of SGD vanishes, H = G, and the linear criterion
   * of stability is exact as at an interpolating minimum of the square loss. Where they do not, S vanishes on the way.
   */
  attained: boolean;
}

/**
 * The floor under the mean loss of a data set: what is above it is the excess loss.
 *
 * @param targets - y, `[n, C]`, row-major.
 * @returns Undefined for a loss of one's own that does not say what its least is. Cost `O(nC)`.
 * @throws NoiseStructureError INVALID_ARGUMENT, SHAPE_MISMATCH, NOT_FINITE, and as `loss.at` for targets out of the domain of the loss.
 */
export function leastMeanLoss(
  loss: OutputLoss,
  targets: ArrayLike<number>,
  { examples, outputs }: { examples: number; outputs: number },
): LeastMeanLoss | undefined {
  expectCount("leastMeanLoss", "examples", examples);
  expectCount("leastMeanLoss", "outputs", outputs);
  expectNumbers("leastMeanLoss", "targets", targets, examples, outputs);
  if (loss.least === undefined) return undefined;
  let [sum, attained] = [0, true];
  for (let i = 0; i < examples; i++) {
    const y = Float64Array.from({ length: outputs }, (_, c) => targets[i * outputs + c]!);
    const { value, outputs: reached } = loss.least(y, i);
    sum += value;
    attained &&= reached !== undefined;
  }
  return { loss: sum / examples, attained };
}
