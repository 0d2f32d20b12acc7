import { dot, norm } from "@sgdscope/linear-algebra";
import { expectPositive, StabilityError } from "../errors.js";

/** How sharp a point is within a ball. */
export interface EpsilonSharpness {
  /** The largest `(L(θ + δ) − L(θ))/(1 + L(θ))` found over `‖δ‖ ≤ ε`. */
  sharpness: number;
  /** The δ that reaches it. */
  displacement: Float64Array;
  /** Gradients taken. */
  gradients: number;
}

/**
 * The ε-sharpness `max_{‖δ‖≤ε} (L(θ + δ) − L(θ))/(1 + L(θ))`, to leading order `½ε²λ_max/(1 + L)` at a minimum. It is no
 * property of the function that a network computes: rescaled layers change it (`reparametrized`).
 *
 * From 2d starts `±ε` along the axes, `δ ← ε∇L/‖∇L‖`, which never lowers a convex loss, until it stands still; a step that
 * lowers the loss is halved. A maximum over a ball is hard in general: the value is a lower bound, exact where the best start leads
 * to the maximum, as for quadratics in general position. Cost some `2d·steps` gradients; for few parameters.
 *
 * @param options.loss - L.
 * @param options.gradient - ∇L.
 * @param options.point - θ.
 * @param options.radius - ε.
 * @param options.steps - Most steps from each start. Default 200.
 * @throws StabilityError INVALID_ARGUMENT, SHAPE_MISMATCH for a gradient of another length.
 * @see Dinh, Pascanu, Bengio & Bengio (2017), arXiv:1703.04933, for the definition (recalled, not confirmed).
 */
export function epsilonSharpness(options: {
  loss: (theta: Float64Array) => number;
  gradient: (theta: Float64Array) => Float64Array;
  point: Float64Array;
  radius: number;
  steps?: number;
}): EpsilonSharpness {
  const { loss, gradient, point, radius, steps = 200 } = options;
  expectPositive("epsilonSharpness", "options.radius", radius);
  expectPositive("epsilonSharpness", "options.steps", steps);
  const base = loss(point);
  if (!(base > -1))
    throw new StabilityError("INVALID_ARGUMENT", `epsilonSharpness: expected a loss above -1 at point, got ${base}.`);
  const at = (delta: Float64Array): Float64Array => point.map((value, k) => value + delta[k]!);
  const onSphere = (v: Float64Array): Float64Array => v.map((value) => (radius * value) / norm(v));
  const best: EpsilonSharpness = { sharpness: 0, displacement: new Float64Array(point.length), gradients: 0 };
  for (let start = 0; start < 2 * point.length; start++) {
    let delta: Float64Array = new Float64Array(point.length);
    delta[start >> 1] = start % 2 === 0 ? radius : -radius;
    let height = loss(at(delta));
    for (let step = 0; step < steps; step++) {
      const slope = gradient(at(delta));
      best.gradients++;
      if (slope.length !== point.length)
        throw new StabilityError(
          "SHAPE_MISMATCH",
          `epsilonSharpness: expected a gradient of length ${point.length}, got ${slope.length}.`,
        );
      // Nothing to gain where the gradient vanishes or points outwards already.
      if (!(norm(slope) > 0) || 1 - dot(slope, delta) / (norm(slope) * radius) < 1e-15) break;
      let next = onSphere(slope);
      let reached = loss(at(next));
      for (let halving = 0; halving < 40 && !(reached >= height); halving++) {
        next = onSphere(next.map((value, k) => value + delta[k]!));
        reached = loss(at(next));
      }
      if (!(reached >= height)) break;
      [delta, height] = [next, reached];
    }
    const sharpness = (height - base) / (1 + base);
    if (sharpness > best.sharpness) [best.sharpness, best.displacement] = [sharpness, delta];
  }
  return best;
}
