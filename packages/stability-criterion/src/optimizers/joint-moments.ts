import type { PreparedMinimum } from "../minimum.js";
import type { SamplingWeights } from "../sampling.js";
import { stepWeights, type Optimizer } from "./optimizer.js";

/** Second moments of position δ and velocity v in the eigenbasis of H, each `rank × rank`. */
export interface JointMoments {
  /** `E δδᵀ`. */
  position: Float64Array;
  /** `E δvᵀ`. */
  cross: Float64Array;
  /** `E vvᵀ`. */
  velocity: Float64Array;
}

/** @internal Moments of a point at rest. */
export const momentsAtRest = (position: Float64Array): JointMoments => ({
  position,
  cross: new Float64Array(position.length),
  velocity: new Float64Array(position.length),
});

/**
 * @internal One step of the joint second moments under `δ' = δ + av + bĝ`, `v' = βv + cĝ`, where
 * `E ĝĝᵀ = fullBatch·ΛE[δδᵀ]Λ + (noise/n)·noisy` and `E[ĝ | δ, v] = Λδ`. Derived here, checked by enumeration of all batches.
 *
 * @param noisy - `Σᵢ Xᵢᵀ(E rᵢrᵢᵀ)Xᵢ` at these moments.
 */
export function jointStep(
  { position, cross, velocity }: JointMoments,
  noisy: Float64Array,
  { rank, eigenvalues, examples }: PreparedMinimum,
  optimizer: Optimizer,
  learningRate: number,
  { noise, fullBatch }: SamplingWeights,
): JointMoments {
  const { fromVelocity: a, fromGradient: b, kept, fresh: c } = stepWeights(optimizer, learningRate);
  const next = momentsAtRest(new Float64Array(position.length));
  for (let k = 0; k < rank; k++)
    for (let l = 0; l < rank; l++) {
      const [o, t] = [k * rank + l, l * rank + k];
      const [p, q] = [eigenvalues[k]!, eigenvalues[l]!];
      const [d, e, f, v] = [position[o]!, cross[o]!, cross[t]!, velocity[o]!];
      const gradients = fullBatch * p * q * d + (noise * noisy[o]!) / examples;
      // E vĝᵀ and E ĝvᵀ.
      const [left, right] = [f * q, p * e];
      next.position[o] = d + a * (e + f) + b * d * (p + q) + a * a * v + a * b * (left + right) + b * b * gradients;
      next.cross[o] = kept * e + c * d * q + a * kept * v + a * c * left + b * kept * right + b * c * gradients;
      next.velocity[o] = kept * kept * v + kept * c * (left + right) + c * c * gradients;
    }
  return next;
}
