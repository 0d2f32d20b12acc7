import { SgdError, expectInteger } from "../errors.js";
import { completeOptimizer } from "../optimizers/optimizer.js";
import { ascended, ascentOf, baseOf } from "../optimizers/sam.js";
import { fits, noState, slots, type OptimizerState } from "../optimizers/state.js";
import { stepArrays } from "../optimizers/step.js";
import type { StateArray, StepOptions, Trainee } from "../trainee.js";
import { float64, stepsIn } from "./steps.js";

/** A loss over n examples as plain Float64 functions. */
export interface VectorProblem {
  /** Starting parameters, length P; copied. */
  parameters: Float64Array;
  /** Number of examples n. */
  size: number;
  /** Adds Σ_{i∈batch} ∇ℓᵢ(θ) (a sum, not a mean) to `out`, which is zero before. */
  gradient(parameters: Float64Array, batch: Int32Array, out: Float64Array): void;
  /** The full loss L(θ) = (1/n) Σ ℓᵢ(θ); for the square loss ℓᵢ = ½‖rᵢ‖². */
  loss(parameters: Float64Array): number;
}

/** A trainee whose parameters can be read while it trains. */
export interface VectorTrainee extends Trainee {
  /** The current parameters, a live view: read it, copy it, do not write to it. */
  readonly parameters: Float64Array;
  step(batch: Int32Array, options: StepOptions): void;
  loss(): number;
  restore(arrays: Record<string, StateArray>): void;
}

/**
 * Trains a vector of Float64 parameters without TensorFlow.js.
 *
 * Costs one `gradient`, two of SAM, and three passes over P per step; memory 2P numbers, and P for each array that the optimizer keeps.
 *
 * @throws SgdError `INVALID_SIZE`, `INVALID_PARAMETERS`.
 */
export function vectorTrainee(problem: VectorProblem): VectorTrainee {
  expectInteger("INVALID_SIZE", "vectorTrainee: expected size", problem.size, 1);
  if (problem.parameters.length === 0)
    throw new SgdError("INVALID_PARAMETERS", "vectorTrainee: expected at least one parameter, got none");
  const parameters = problem.parameters.slice();
  const gradient = new Float64Array(parameters.length);
  /** Where SAM takes its second gradient. */
  let perturbed: Float64Array | undefined;
  let state: OptimizerState<Float64Array> = noState();
  /** Whose state it is; undefined where that was not looked at. */
  let owner: string | undefined;

  return {
    size: problem.size,
    parameters,
    step(batch, { learningRate, optimizer, clipNorm, divisor }) {
      gradient.fill(0);
      if (batch.length > 0) problem.gradient(parameters, batch, gradient);
      const asked = completeOptimizer(optimizer);
      const ascent = ascentOf(asked);
      if (ascent > 0 && batch.length > 0) {
        perturbed ??= new Float64Array(parameters.length);
        ascended(parameters, { sum: gradient, divisor }, ascent, perturbed);
        gradient.fill(0);
        problem.gradient(perturbed, batch, gradient);
      }
      const scale = scaleOf(gradient, divisor, clipNorm);
      const complete = baseOf(asked);
      if (complete.kind !== owner) {
        if (!fits(complete.kind, state)) state = noState();
        owner = complete.kind;
      }
      if (complete.kind === "sgd" && complete.weightDecay === 0) {
        const rate = learningRate * scale;
        for (let k = 0; k < parameters.length; k++) parameters[k]! -= rate * gradient[k]!;
        return;
      }
      for (let k = 0; k < gradient.length; k++) gradient[k]! *= scale;
      stepArrays(complete, parameters, gradient, learningRate, state);
    },
    loss: () => problem.loss(parameters),
    snapshot() {
      const arrays: Record<string, StateArray> = { parameters: vector(parameters) };
      for (const slot of slots) if (state.slots[slot] !== undefined) arrays[slot] = vector(state.slots[slot]);
      if (state.steps > 0) arrays["optimizer-steps"] = vector(Float64Array.of(state.steps));
      return Promise.resolve(arrays);
    },
    restore(arrays) {
      const saved = float64(arrays, "parameters", parameters.length);
      const kept: OptimizerState<Float64Array> = { steps: stepsIn(arrays), slots: {} };
      for (const slot of slots)
        if (arrays[slot] !== undefined) kept.slots[slot] = float64(arrays, slot, parameters.length).slice();
      parameters.set(saved);
      state = kept;
      owner = undefined;
    },
  };
}

/** 1/divisor, and the clipping of the mean gradient: min(1, clip/‖g‖). */
function scaleOf(gradientSum: Float64Array, divisor: number, clipNorm: number): number {
  if (clipNorm === Infinity) return 1 / divisor;
  let square = 0;
  for (const g of gradientSum) square += g * g;
  const norm = Math.sqrt(square) / divisor;
  return norm > clipNorm ? clipNorm / norm / divisor : 1 / divisor;
}

const vector = (data: Float64Array): StateArray => ({ shape: [data.length], data: data.slice() });
