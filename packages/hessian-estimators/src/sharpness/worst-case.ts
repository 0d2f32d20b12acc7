import { axpy, norm } from "@sgdscope/linear-algebra";
import { checkInteger, checkLength, checkOneOf, checkPositive } from "../internal/arguments.js";
import { drawsOf, type Draws } from "../internal/draws.js";
import { sizeOf } from "../internal/products.js";
import type { Randomness } from "../operator.js";
import { finiteLoss, scaleOf, type DifferentiableLoss } from "./loss.js";

/** What `worstCaseSharpness` accepts. */
export interface WorstCaseSharpnessOptions extends Randomness {
  /** ρ, of ‖δ/scale‖ ≤ ρ. */
  radius: number;
  /** `"l2"` (the default): a ball; `"linf"`: a box. */
  ball?: "l2" | "linf" | undefined;
  /**
   * How far each parameter may move in units of ρ: `"uniform"` (1, the default), `"adaptive"` (|θᵢ|, for which rescaling the layers of a
   * ReLU network changes nothing), or your own numbers.
   */
  scale?: "uniform" | "adaptive" | Float64Array | undefined;
  /** Steps of ascent from each start; 20 by default. */
  steps?: number | undefined;
  /** Starts: the point itself, then random ones inside the ball; 3 by default. */
  starts?: number | undefined;
  /** Checked before every gradient. */
  signal?: AbortSignal | undefined;
}

/** The worst step found. */
export interface WorstCaseSharpness {
  /** L(θ + δ) − L(θ): a lower bound of the maximum, and not below 0. */
  value: number;
  step: Float64Array;
  /** L(θ). */
  loss: number;
  /** Evaluations of the loss and of its gradient. */
  gradients: number;
  evaluations: number;
}

/**
 * Worst-case sharpness max L(θ + δ) − L(θ) over a ball around the point, by projected gradient ascent from several starts.
 *
 * In the variable u = δ/scale each step is ρ·γₜ along the steepest direction of its norm (the gradient for `"l2"`, its signs for
 * `"linf"`), then the projection on the ball; γₜ falls from 1 as 1/√(t + 1), so the first step from the point itself is that of sharpness-aware
 * minimisation. The best point found is returned: a lower bound. For the exact maximum of the quadratic model see `worstCaseQuadratic`.
 *
 * Cost: starts·steps gradients and as many values, four vectors. Float64.
 *
 * @throws HessianEstimatorsError `INVALID_ARGUMENT`, also if the loss at the point is not finite.
 *
 * Source: Foret et al. (2021, arXiv 2010.01412); Kwon et al. (2021, arXiv 2102.11600) and Andriushchenko et al. (2023, arXiv 2302.07011) for
 * the adaptive scale and the box.
 */
export async function worstCaseSharpness(
  loss: DifferentiableLoss,
  point: Float64Array,
  options: WorstCaseSharpnessOptions,
): Promise<WorstCaseSharpness> {
  const caller = "worstCaseSharpness";
  const size = sizeOf(caller, loss);
  const draws = drawsOf(caller, size, options);
  const { radius, ball = "l2", scale = "uniform", steps = 20, starts = 3, signal } = options;
  checkLength(caller, "point", point, size);
  checkPositive(caller, "radius", radius);
  checkOneOf(caller, "ball", ball, ["l2", "linf"]);
  checkInteger(caller, "steps", steps, 1);
  checkInteger(caller, "starts", starts, 1);
  const reach = scaleOf(caller, point, scale);
  const start = await finiteLoss(caller, loss, point);
  const found: WorstCaseSharpness = {
    value: 0,
    step: new Float64Array(size),
    loss: start,
    gradients: 0,
    evaluations: 1,
  };
  for (let s = 0; s < starts; s++) {
    let u = s === 0 ? new Float64Array(size) : inside(draws, s, ball, radius);
    for (let t = 0; t < steps; t++) {
      signal?.throwIfAborted();
      const slope = await loss.gradient(moved(point, u, reach));
      found.gradients++;
      u = ascended(
        u,
        slope.map((x, i) => x * reach[i]!),
        ball,
        radius,
        1 / Math.sqrt(t + 1),
      );
      const rise = (await loss.value(moved(point, u, reach))) - start;
      found.evaluations++;
      if (rise > found.value) Object.assign(found, { value: rise, step: u.map((x, i) => x * reach[i]!) });
    }
  }
  return found;
}

const moved = (point: Float64Array, u: Float64Array, reach: Float64Array): Float64Array =>
  point.map((x, i) => x + u[i]! * reach[i]!);

function ascended(
  u: Float64Array,
  slope: Float64Array,
  ball: "l2" | "linf",
  radius: number,
  gain: number,
): Float64Array {
  const next = u.slice();
  if (ball === "linf") {
    slope.forEach((x, i) => (next[i] = Math.min(radius, Math.max(-radius, next[i]! + gain * radius * Math.sign(x)))));
    return next;
  }
  const length = norm(slope);
  if (length > 0) axpy((gain * radius) / length, slope, next);
  const far = norm(next);
  return far > radius ? next.map((x) => (x * radius) / far) : next;
}

/** A random point halfway to the boundary. */
function inside(draws: Draws, index: number, ball: "l2" | "linf", radius: number): Float64Array {
  if (ball === "linf") return draws.rademacher(index).map((x) => (x * radius) / 2);
  const v = draws.gaussian(index);
  return v.map((x) => (x * radius) / (2 * norm(v)));
}

/**
 * Keskar's sharpness, 100·(max L(θ + δ) − L(θ))/(1 + L(θ)) over the box |δᵢ| ≤ ε(|θᵢ| + 1), by `worstCaseSharpness`.
 *
 * @param options.epsilon - 1e-3 by default.
 *
 * Source: Keskar et al. (2017, arXiv 1609.04836), metric 2.1 with A the identity; they maximise by L-BFGS-B.
 */
export async function keskarSharpness(
  loss: DifferentiableLoss,
  point: Float64Array,
  options: Omit<WorstCaseSharpnessOptions, "radius" | "ball" | "scale"> & { epsilon?: number | undefined },
): Promise<number> {
  const { epsilon = 1e-3, ...rest } = options;
  const scale = point.map((x) => Math.abs(x) + 1);
  const found = await worstCaseSharpness(loss, point, { ...rest, radius: epsilon, ball: "linf", scale });
  return (100 * found.value) / (1 + found.loss);
}
