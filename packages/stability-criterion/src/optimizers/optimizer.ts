import { StabilityError } from "../errors.js";

/** Coupled weight decay γ, the gradient `g + γθ` of PyTorch's `weight_decay`. Default 0. */
interface Decaying {
  weightDecay?: number;
}

/**
 * A linear optimizer with at most one velocity, in PyTorch's conventions.
 *
 * | kind | step | PyTorch |
 * | --- | --- | --- |
 * | `sgd` | `θ ← θ − ηg` | `SGD()` |
 * | `heavy-ball` | `m ← βm + g`, `θ ← θ − ηm` | `SGD(momentum=β)` |
 * | `nesterov` | `m ← βm + g`, `θ ← θ − η(g + βm)` | `SGD(momentum=β, nesterov=True)` |
 * | `heavy-ball` with dampening d | `m ← βm + (1 − d)g`, `θ ← θ − ηm` | `SGD(momentum=β, dampening=d)` |
 * | `ema` | `m ← βm + (1 − β)g`, `θ ← θ − ηm` | `SGD(momentum=β, dampening=β)`; Adam's first moment |
 *
 * A fixed preconditioner, `θ ← θ − ηP⁻¹m`, is plain optimisation under the Gram matrix `JP⁻¹Jᵀ`.
 */
export type Optimizer =
  | ({ kind: "sgd" } & Decaying)
  /** β in (−1, 1). */
  | ({ kind: "heavy-ball"; momentum: number; dampening?: number } & Decaying)
  | ({ kind: "ema"; momentum: number } & Decaying)
  /** β in [0, 1). */
  | ({ kind: "nesterov"; momentum: number } & Decaying);

/**
 * How one optimizer answers a unit of noise along modes of curvature: the step response of mode λ is that of
 * `(first − second·z⁻¹)/(1 − αz⁻¹ + γz⁻²)`, with `1 − α + γ = gain·λ`.
 */
export interface ModeDynamics {
  first: number;
  second: number;
  gain: number;
  /** α of a mode of curvature λ, weight decay included. */
  alpha: (curvature: number) => number;
  gamma: (curvature: number) => number;
}

/** @internal The momentum β; 0 for plain SGD. */
export const momentumOf = (optimizer: Optimizer): number => (optimizer.kind === "sgd" ? 0 : optimizer.momentum);

/**
 * Whether an optimizer is plain SGD, without weight decay.
 *
 * @throws StabilityError INVALID_ARGUMENT.
 */
export function isPlainSgd(optimizer: Optimizer): boolean {
  checkOptimizer("isPlainSgd", optimizer);
  return momentumOf(optimizer) === 0 && dampeningOf(optimizer) === 0 && (optimizer.weightDecay ?? 0) === 0;
}

/** d; averaged momentum is dampened by its own β. Without momentum there is none, as in PyTorch. */
function dampeningOf(optimizer: Optimizer): number {
  if (optimizer.kind === "ema") return optimizer.momentum;
  return optimizer.kind === "heavy-ball" && optimizer.momentum !== 0 ? (optimizer.dampening ?? 0) : 0;
}

/** @internal Refuses a momentum, a dampening or a weight decay that is none. */
export function checkOptimizer(caller: string, optimizer: Optimizer): void {
  const { kind, weightDecay = 0 } = optimizer;
  if (!["sgd", "heavy-ball", "nesterov", "ema"].includes(kind))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected optimizer.kind "sgd", "heavy-ball", "nesterov" or "ema", got "${kind as string}".`,
    );
  const momentum = momentumOf(optimizer);
  const least = kind === "nesterov" ? 0 : -1;
  if (!(momentum < 1 && (kind === "nesterov" ? momentum >= 0 : momentum > -1)))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected optimizer.momentum in ${kind === "nesterov" ? "[" : "("}${least}, 1), got ${momentum}.`,
    );
  const dampening = dampeningOf(optimizer);
  if (!(dampening < 1 && dampening > -Infinity))
    throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected optimizer.dampening below 1, got ${dampening}.`);
  if (!(weightDecay >= 0 && Number.isFinite(weightDecay)))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected optimizer.weightDecay of at least 0, got ${weightDecay}.`,
    );
}

/** @internal The dynamics of modes at a learning rate. */
export function modeDynamics(optimizer: Optimizer, learningRate: number): ModeDynamics {
  const { weightDecay = 0 } = optimizer;
  const beta = momentumOf(optimizer);
  if (optimizer.kind === "nesterov") {
    const shrink = (curvature: number): number => 1 - learningRate * (curvature + weightDecay);
    return {
      first: learningRate * (1 + beta),
      second: learningRate * beta,
      gain: learningRate,
      alpha: (curvature) => (1 + beta) * shrink(curvature),
      gamma: (curvature) => beta * shrink(curvature),
    };
  }
  const rate = effectiveRate(optimizer, learningRate);
  return {
    first: rate,
    second: 0,
    gain: rate,
    alpha: (curvature) => 1 + beta - rate * (curvature + weightDecay),
    gamma: () => beta,
  };
}

/** @internal A step as `δ' = δ + fromVelocity·v + fromGradient·ĝ`, `v' = kept·v + fresh·ĝ`. */
export function stepWeights(
  optimizer: Optimizer,
  learningRate: number,
): { fromVelocity: number; fromGradient: number; kept: number; fresh: number } {
  const kept = momentumOf(optimizer);
  if (optimizer.kind === "nesterov")
    return { fromVelocity: -learningRate * kept * kept, fromGradient: -learningRate * (1 + kept), kept, fresh: 1 };
  const fresh = 1 - dampeningOf(optimizer);
  return { fromVelocity: -learningRate * kept, fromGradient: -learningRate * fresh, kept, fresh };
}

/** @internal Refuses weight decay where the point of rest itself would move: it pulls the parameters, which no Gram matrix holds. */
export function expectNoDecay(caller: string, { weightDecay = 0 }: Optimizer): void {
  if (weightDecay !== 0)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `${caller}: expected options.optimizer without weight decay, whose pull depends on the parameters themselves, got ${weightDecay}.`,
    );
}

/** @internal The learning rate of the undampened heavy ball that walks the same path: η(1 − d). */
export const effectiveRate = (optimizer: Optimizer, learningRate: number): number =>
  learningRate * (1 - dampeningOf(optimizer));

/**
 * The edge of stability of the *mean*, that is of full-batch training: `2(1 + β)/λ` for heavy balls, `2(1 + β)/((1 + 2β)λ)`
 * for Nesterov's momentum, `2(1 + β)/((1 − β)λ)` for averaged momentum, with 1 − d for other dampening; λ includes weight decay. Minibatches leave far
 * earlier: their edge is `optimizerThreshold`.
 *
 * @param largestEigenvalue - λ_max of H, positive.
 * @throws StabilityError INVALID_ARGUMENT.
 * @see Cohen et al. (2021), arXiv:2103.00065, Appendix B, for heavy balls and Nesterov's momentum, as recalled; derived here.
 */
export function meanEdge(optimizer: Optimizer, largestEigenvalue: number): number {
  checkOptimizer("meanEdge", optimizer);
  if (!(largestEigenvalue > 0 && Number.isFinite(largestEigenvalue)))
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `meanEdge: expected largestEigenvalue to be positive and finite, got ${largestEigenvalue}.`,
    );
  const beta = momentumOf(optimizer);
  const curvature = largestEigenvalue + (optimizer.weightDecay ?? 0);
  const edge = (2 * (1 + beta)) / curvature;
  return optimizer.kind === "nesterov" ? edge / (1 + 2 * beta) : edge / effectiveRate(optimizer, 1);
}
