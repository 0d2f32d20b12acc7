import type { GramSystem, RankOptions } from "@sgdscope/noise-structure";
import { expectPositive, StabilityError } from "../errors.js";
import { collect, prepareMinimum, spread, type PreparedMinimum } from "../minimum.js";
import { samplingWeights, type Batches } from "../sampling.js";
import { splitResiduals } from "./split-residuals.js";

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
 * @param options.steps - Number of steps, ≥ 0.
 * @returns `steps + 1` losses; those beyond the largest number are Infinity. Cost `3·rank²·nC` operations a step.
 * @throws StabilityError INVALID_ARGUMENT and as `samplingFactor` and `prepareMinimum`.
 */
export function expectedLoss(
  system: GramSystem | PreparedMinimum,
  options: Batches & RankOptions & { learningRate: number; steps: number },
): ExpectedLoss {
  const { learningRate: eta, steps } = options;
  expectPositive("expectedLoss", "options.learningRate", eta);
  if (!Number.isSafeInteger(steps) || steps < 0)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `expectedLoss: expected options.steps to be a non-negative integer, got ${steps}.`,
    );
  const minimum = prepareMinimum(system, options);
  const { examples: n, outputs, rank, eigenvalues } = minimum;
  const { noise, fullBatch } = samplingWeights(n, options);
  const { position, outside, floor } = splitResiduals(minimum);
  const mean = position.slice();
  let moment: Float64Array = new Float64Array(rank * rank);
  for (let a = 0; a < rank; a++) for (let b = 0; b < rank; b++) moment[a * rank + b] = mean[a]! * mean[b]!;

  const losses = new Float64Array(steps + 1);
  for (let t = 0; ; t++) {
    let loss = floor;
    for (let a = 0; a < rank; a++) loss += 0.5 * eigenvalues[a]! * moment[a * rank + a]!;
    losses[t] = loss;
    if (t === steps) break;
    if (!(loss < 1e290)) {
      losses.fill(Infinity, t + 1);
      break;
    }
    const blocks = collect(minimum, moment);
    if (floor > 0) addOutside(minimum, blocks, mean, outside);
    const noisy = noise > 0 ? spread(minimum, blocks) : new Float64Array(rank * rank);
    const next = new Float64Array(rank * rank);
    for (let a = 0; a < rank; a++)
      for (let b = 0; b < rank; b++) {
        const o = a * rank + b;
        const [p, q] = [eigenvalues[a]!, eigenvalues[b]!];
        next[o] =
          moment[o]! * (1 - eta * (p + q) + eta * eta * fullBatch * p * q) + (eta * eta * noise * noisy[o]!) / n;
      }
    moment = next;
    for (let a = 0; a < rank; a++) mean[a]! *= 1 - eta * eigenvalues[a]!;
  }
  return { losses, floor };

  /** Adds to `XᵢMXᵢᵀ` what the unrealizable residuals s contribute: `Xᵢm·sᵢᵀ + sᵢ·(Xᵢm)ᵀ + sᵢsᵢᵀ`. */
  function addOutside({ features }: PreparedMinimum, blocks: Float64Array, m: Float64Array, s: Float64Array): void {
    const image = new Float64Array(n * outputs);
    for (let k = 0; k < image.length; k++) for (let a = 0; a < rank; a++) image[k]! += features[k * rank + a]! * m[a]!;
    for (let i = 0, q = 0; i < n; i++)
      for (let c = i * outputs; c < (i + 1) * outputs; c++)
        for (let d = i * outputs; d < (i + 1) * outputs; d++, q++)
          blocks[q]! += image[c]! * s[d]! + s[c]! * image[d]! + s[c]! * s[d]!;
  }
}
