import { collect, spread, type PreparedMinimum } from "../minimum.js";
import { jointStep, momentsAtRest } from "../optimizers/joint-moments.js";
import { stepWeights, type Optimizer } from "../optimizers/optimizer.js";
import { weightsFor, type Batches } from "../sampling.js";
import { splitResiduals } from "./split-residuals.js";

/**
 * @internal Walks for `caller` the exact second moment `E[δδᵀ]` of linearised SGD, or another optimizer at rest, in the eigenbasis of
 * H, from the residuals of the system; see `expectedLoss` for the recursion.
 *
 * @param visit - Called with t, the moment (`rank × rank`, not to be changed) and the loss of unrealizable residuals, for
 *   t = 0 … steps until it returns false.
 * @returns The loss of unrealizable residuals. Cost `2·rank²·nC` operations per step.
 */
export function secondMoments(
  caller: string,
  minimum: PreparedMinimum,
  options: Batches & { learningRate: number; steps: number; optimizer?: Optimizer },
  visit: (t: number, moment: Float64Array, floor: number) => boolean,
): number {
  const { learningRate, steps, optimizer = { kind: "sgd" } } = options;
  const { examples: n, outputs, rank, eigenvalues } = minimum;
  const weights = weightsFor(caller, n, options);
  const { fromVelocity, fromGradient, kept, fresh } = stepWeights(optimizer, learningRate);
  const { position, outside, floor } = splitResiduals(minimum);
  const mean = position.slice();
  const speed = new Float64Array(rank);
  let moments = momentsAtRest(new Float64Array(rank * rank));
  for (let a = 0; a < rank; a++) for (let b = 0; b < rank; b++) moments.position[a * rank + b] = mean[a]! * mean[b]!;

  for (let t = 0; ; t++) {
    if (!visit(t, moments.position, floor) || t === steps) return floor;
    const blocks = collect(minimum, moments.position);
    if (floor > 0) addOutside(minimum, blocks, mean, outside);
    const noisy = weights.noise > 0 ? spread(minimum, blocks) : new Float64Array(rank * rank);
    moments = jointStep(moments, noisy, minimum, optimizer, learningRate, weights);
    for (let a = 0; a < rank; a++) {
      const gradient = eigenvalues[a]! * mean[a]!;
      mean[a]! += fromVelocity * speed[a]! + fromGradient * gradient;
      speed[a] = kept * speed[a]! + fresh * gradient;
    }
  }
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
