import {
  expectSpectrum,
  isotropicNoiseThreshold,
  perronRoot,
  structuredNoiseThreshold,
} from "../bounds/structured-noise.js";
import { expectPositive, StabilityError } from "../errors.js";

/**
 * Four models of the noise of SGD around a quadratic minimum; s is the strength.
 * `additive isotropic` `Σ = s·I` (Langevin), `additive aligned` `Σ = s·H`, `loss-scaled isotropic` `Σ = 2L·s·I`,
 * `loss-scaled aligned` `Σ = 2L·s·H` (with s = 1 what SGD has under decoupling).
 */
export type NoiseModel = "additive isotropic" | "additive aligned" | "loss-scaled isotropic" | "loss-scaled aligned";

/** What one noise model does at a minimum. */
export interface NoiseModelStability {
  model: NoiseModel;
  strength: number;
  /** The largest η at which second moments stay bounded; `2/λ_max` for additive noise, whatever its strength. */
  criticalLearningRate: number;
  /** ρ, factor of the second moments per step in the long run, on directions with curvature. */
  spectralRadius: number;
  /** `lim E[δ_a²]` along each eigenvector, in its order, or undefined where they grow or stay critical. For noise in proportion to the loss 0. */
  stationary: Float64Array | undefined;
  /** `lim E L = ½ Σλ_a E[δ_a²]`; undefined with the stationary moments. */
  stationaryLoss: number | undefined;
}

/**
 * The stability of SGD `δ ← δ − η(Hδ + ξ)` with noise `Cov ξ = pΣ` of one model: threshold, growth per step, and
 * stationary second moments `ηps/(λ(2 − ηλ))` (isotropic) or `ηps/(2 − ηλ)` (aligned).
 *
 * Additive noise never escapes exponentially; noise in proportion to the loss does, beyond the η with
 * `Σ ηps/(2 − ηλ) = 1` or, aligned with the curvature, `Σ ηpsλ/(2 − ηλ) = 1`. The models are those of lecture notes by
 * L. Wu (2025); the formulas are derived here.
 *
 * @param options.eigenvalues - Of H, non-negative; under additive isotropic noise flat directions diffuse without limit.
 * @param options.learningRate - η.
 * @param options.noise - p in (0, 1]. Default 1.
 * @param options.strength - s > 0. Default 1.
 * @throws StabilityError INVALID_ARGUMENT, NO_CURVATURE.
 */
export function noiseModelStability(
  model: NoiseModel,
  options: { eigenvalues: Float64Array; learningRate: number; noise?: number; strength?: number },
): NoiseModelStability {
  const { eigenvalues, learningRate: eta, noise = 1, strength = 1 } = options;
  const caller = "noiseModelStability";
  expectPositive(caller, "options.learningRate", eta);
  expectPositive(caller, "options.noise", noise);
  expectPositive(caller, "options.strength", strength);
  expectSpectrum(caller, "options.eigenvalues", eigenvalues);
  const largest = Math.max(0, ...eigenvalues);
  if (largest === 0) throw new StabilityError("NO_CURVATURE", `${caller}: expected a positive eigenvalue, got none.`);
  const push = noise * strength;
  const positive = eigenvalues.filter((value) => value > 0);
  const own = positive.map((value) => (1 - eta * value) ** 2);
  const additive = (perMode: (value: number) => number): Omit<NoiseModelStability, "model" | "strength"> => {
    const stable = eta * largest < 2;
    const stationary = stable ? eigenvalues.map(perMode) : undefined;
    return {
      criticalLearningRate: 2 / largest,
      spectralRadius: Math.max(...own),
      stationary,
      // In flat directions 0·∞ is no loss.
      stationaryLoss: stationary?.reduce(
        (sum, variance, a) => sum + (eigenvalues[a]! > 0 ? 0.5 * eigenvalues[a]! * variance : 0),
        0,
      ),
    };
  };
  const scaled = (criticalLearningRate: number, weights: Float64Array) => {
    const stable = eta < criticalLearningRate;
    return {
      criticalLearningRate,
      spectralRadius: perronRoot(weights, own),
      stationary: stable ? new Float64Array(eigenvalues.length) : undefined,
      stationaryLoss: stable ? 0 : undefined,
    };
  };
  switch (model) {
    case "additive isotropic":
      return { model, strength, ...additive((value) => (eta * push) / (value * (2 - eta * value))) };
    case "additive aligned":
      return { model, strength, ...additive((value) => (value > 0 ? (eta * push) / (2 - eta * value) : 0)) };
    case "loss-scaled isotropic":
      return {
        model,
        strength,
        ...scaled(
          isotropicNoiseThreshold(eigenvalues, noise, strength),
          positive.map((value) => eta ** 2 * push * value),
        ),
      };
    case "loss-scaled aligned":
      return {
        model,
        strength,
        ...scaled(
          structuredNoiseThreshold(eigenvalues, push, 0),
          positive.map((value) => eta ** 2 * push * value ** 2),
        ),
      };
    default:
      throw new StabilityError("INVALID_ARGUMENT", `${caller}: expected a noise model, got "${String(model)}".`);
  }
}

/**
 * The ablation of the noise: all four models at one minimum, their strengths set so that every noise has the total variance
 * of `Σ = 2LH` at a given loss: `2L·Tr(H)/P`, `2L`, `Tr(H)/P` and 1.
 *
 * With many parameters isotropic noise spends its variance on flat directions and its threshold goes to that of gradient
 * descent; aligned noise keeps a threshold that knows nothing of P. Derived here.
 *
 * @param options.parameters - P, at least the number of eigenvalues.
 * @param options.loss - L at which the additive noises match. Default 1.
 * @throws StabilityError as {@link noiseModelStability}.
 */
export function noiseAblation(options: {
  eigenvalues: Float64Array;
  parameters: number;
  learningRate: number;
  noise?: number;
  loss?: number;
}): NoiseModelStability[] {
  const { eigenvalues, parameters, loss = 1, ...rest } = options;
  expectPositive("noiseAblation", "options.parameters", parameters);
  expectPositive("noiseAblation", "options.loss", loss);
  expectSpectrum("noiseAblation", "options.eigenvalues", eigenvalues);
  if (parameters < eigenvalues.length)
    throw new StabilityError(
      "INVALID_ARGUMENT",
      `noiseAblation: expected options.parameters of at least the ${eigenvalues.length} eigenvalues, got ${parameters}.`,
    );
  const share = eigenvalues.reduce((sum, value) => sum + value, 0) / parameters;
  const strengths: [NoiseModel, number][] = [
    ["additive isotropic", 2 * loss * share],
    ["additive aligned", 2 * loss],
    ["loss-scaled isotropic", share],
    ["loss-scaled aligned", 1],
  ];
  return strengths.map(([model, strength]) => noiseModelStability(model, { ...rest, eigenvalues, strength }));
}
