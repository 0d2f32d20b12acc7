import type { NamedArray } from "@sgdscope/array-files";
import type { Optimizer } from "./optimizers/optimizer.js";

/** An array of a snapshot or checkpoint, as files of arrays take it. */
export type StateArray = NamedArray & { data: Float32Array | Float64Array | Int32Array | Uint8Array };

/** How one step is taken. */
export interface StepOptions {
  /** η ≥ 0. */
  learningRate: number;
  /** How the gradient becomes a step. */
  optimizer: Optimizer;
  /** The gradient is scaled by min(1, clipNorm/‖g‖) before the optimizer sees it; Infinity leaves it unchanged. */
  clipNorm: number;
  /** The divisor of the sum of the gradients of the batch. */
  divisor: number;
}

/**
 * What is trained: parameters and how a step changes them.
 *
 * The loss is L(θ) = (1/2n) Σᵢ ‖f(xᵢ;θ) − yᵢ‖²; a step follows g = (1/divisor) Σ_{i∈batch} ∇½‖f(xᵢ;θ) − yᵢ‖². With another loss
 * ℓ on the outputs L = (1/n) Σᵢ ℓ(f(xᵢ;θ), yᵢ) and g its gradient alike.
 */
export interface Trainee {
  /** Number of examples n. */
  readonly size: number;
  /** Takes one step along the examples of `batch`, which may repeat and may be empty. */
  step(batch: Int32Array, options: StepOptions): void | Promise<void>;
  /** The full loss L over all n examples. */
  loss(): number | Promise<number>;
  /** Copies of the parameters and of what the optimizer keeps, which `restore` continues from bit for bit. */
  snapshot(): Promise<Record<string, StateArray>>;
  /** Takes over a snapshot. Throws SgdError `INVALID_CHECKPOINT` if it does not fit. */
  restore(arrays: Record<string, StateArray>): void | Promise<void>;
  dispose?(): void;
}
