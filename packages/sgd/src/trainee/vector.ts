import { SgdError, expectInteger } from "../errors.js";
import type { StateArray, StepOptions, Trainee } from "../trainee.js";

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
 * Costs one `gradient` and three passes over P per step; memory 2P numbers, 3P with momentum.
 *
 * @throws SgdError `INVALID_SIZE`, `INVALID_PARAMETERS`.
 */
export function vectorTrainee(problem: VectorProblem): VectorTrainee {
  expectInteger("INVALID_SIZE", "vectorTrainee: expected size", problem.size, 1);
  if (problem.parameters.length === 0)
    throw new SgdError("INVALID_PARAMETERS", "vectorTrainee: expected at least one parameter, got none");
  const parameters = problem.parameters.slice();
  const gradient = new Float64Array(parameters.length);
  let velocity: Float64Array | undefined;

  return {
    size: problem.size,
    parameters,
    step(batch, { learningRate, momentum, nesterov, clipNorm, divisor }) {
      gradient.fill(0);
      if (batch.length > 0) problem.gradient(parameters, batch, gradient);
      const scale = scaleOf(gradient, divisor, clipNorm);
      if (momentum === 0 && velocity === undefined) {
        const rate = learningRate * scale;
        for (let k = 0; k < parameters.length; k++) parameters[k]! -= rate * gradient[k]!;
        return;
      }
      velocity ??= new Float64Array(parameters.length);
      for (let k = 0; k < parameters.length; k++) {
        const g = scale * gradient[k]!;
        const m = momentum * velocity[k]! + g;
        velocity[k] = m;
        parameters[k]! -= learningRate * (nesterov === true ? g + momentum * m : m);
      }
    },
    loss: () => problem.loss(parameters),
    snapshot() {
      const arrays: Record<string, StateArray> = { parameters: vector(parameters) };
      if (velocity !== undefined) arrays["velocity"] = vector(velocity);
      return Promise.resolve(arrays);
    },
    restore(arrays) {
      parameters.set(float64(arrays, "parameters", parameters.length));
      velocity = arrays["velocity"] === undefined ? undefined : float64(arrays, "velocity", parameters.length).slice();
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

function float64(arrays: Record<string, StateArray>, name: string, length: number): Float64Array {
  const data = arrays[name]?.data;
  if (!(data instanceof Float64Array) || data.length !== length) {
    const got = data === undefined ? "nothing" : `${data.constructor.name} of length ${data.length}`;
    throw new SgdError(
      "INVALID_CHECKPOINT",
      `restore: expected ${name} to be a Float64Array of length ${length}, got ${got}`,
    );
  }
  return data;
}
