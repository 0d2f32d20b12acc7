import { checkGramSystem, type GramSystem } from "@sgdscope/noise-structure";
import { expectInteger, expectPositive } from "../errors.js";
import type { Batches } from "../sampling.js";
import { batchSource } from "./batches.js";

/** One path of linearised SGD. */
export interface ResidualPath {
  /** `L_t` for t = 0 … steps; Infinity after overflow. */
  losses: Float64Array;
  /** The residuals at the end; length nC. */
  residuals: Float64Array;
}

/**
 * One random path of SGD on the model linearised at a minimum, in the space of residuals:
 * `r ← r − (η/B) Σ_{i in batch} K_{·i}rᵢ`. Exact for a linear model; the parameters never appear.
 *
 * All four ways of sampling, `epoch-shuffle` included. Means over paths underestimate `expectedLoss` above the threshold,
 * where few paths carry the mean; the median behaves like `lyapunovExponent`.
 *
 * @param options.learningRate - η.
 * @param options.steps - Number of steps, ≥ 0.
 * @param options.random - Uniform on [0, 1).
 * @returns Cost `2·nC·BC` operations per step, and `nC` more for the loss.
 * @throws StabilityError INVALID_ARGUMENT and as `samplingFactor` without the refusal of `epoch-shuffle`;
 *   NoiseStructureError as `checkGramSystem`.
 */
export function simulateResiduals(
  system: GramSystem,
  options: Batches & { learningRate: number; steps: number; random: () => number },
): ResidualPath {
  const { learningRate, steps, batchSize, random } = options;
  expectPositive("simulateResiduals", "options.learningRate", learningRate);
  expectInteger("simulateResiduals", "options.steps", steps, 0);
  checkGramSystem(system, "simulateResiduals");
  const { examples, outputs, gram } = system;
  const size = examples * outputs;
  const nextBatch = batchSource(examples, options, random);
  const residuals = system.residuals.slice();
  const losses = new Float64Array(steps + 1).fill(Infinity);
  for (let t = 0; ; t++) {
    let squares = 0;
    for (const r of residuals) squares += r * r;
    losses[t] = squares / (2 * examples);
    if (t === steps || !Number.isFinite(squares)) return { losses, residuals };
    const batch = nextBatch();
    const pulls: number[] = [];
    for (const i of batch)
      for (let c = 0; c < outputs; c++) pulls.push((learningRate / batchSize) * residuals[i * outputs + c]!);
    batch.forEach((i, k) => {
      for (let c = 0; c < outputs; c++) {
        const pull = pulls[k * outputs + c]!;
        for (let b = 0, o = (i * outputs + c) * size; b < size; b++, o++) residuals[b]! -= pull * gram[o]!;
      }
    });
  }
}
