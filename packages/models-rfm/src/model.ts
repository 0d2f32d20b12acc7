import type { GramSystem } from "@sgdscope/linear-algebra";
import { ModelsRfmError, expectLength } from "./errors.js";

/** Uniform on [0, 1). */
export type Random = () => number;

export type { GramSystem };

/**
 * A model f(x; θ) with everything in closed form, Float64.
 *
 * Inputs X are row-major [n, inputs], targets y [n, outputs], parameters θ one vector of length P.
 * The loss is L(θ) = (1/2n) Σᵢ ‖rᵢ‖² with r = f − y. Every method throws ModelsRfmError `WRONG_LENGTH` for arrays that do not fit.
 */
export interface ClosedFormModel {
  readonly name: string;
  /** Input dimension d. */
  readonly inputs: number;
  /** Outputs an example, C. */
  readonly outputs: number;
  /** Number of parameters P. */
  readonly parameters: number;
  /** Names and shapes of the parts of θ, in the order in which they follow each other, each row-major. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Starting parameters, a function of `random` alone. */
  init(random: Random): Float64Array;
  /** f(xᵢ; θ) for every row of X, row-major [n, C]. */
  predict(theta: Float64Array, X: Float64Array): Float64Array;
  /** r = f − y. */
  residuals(theta: Float64Array, X: Float64Array, y: Float64Array): Float64Array;
  /** K and r without forming J; memory O((nC)²) beside X and the features. */
  gramSystem(theta: Float64Array, X: Float64Array, y: Float64Array): GramSystem;
  /** Adds Σ_{i∈batch} Jᵢᵀrᵢ, the sum of the gradients of ½‖rᵢ‖², to `out` of length P; cost O(P) per example. */
  gradient(theta: Float64Array, X: Float64Array, y: Float64Array, batch: ArrayLike<number>, out: Float64Array): void;
  /** Adds Σ_{i∈batch} Jᵢᵀvᵢ to `out`, vᵢ the i-th row of `weights` [n, C]: the gradient of any loss of the outputs. */
  pullBack(
    theta: Float64Array,
    X: Float64Array,
    weights: Float64Array,
    batch: ArrayLike<number>,
    out: Float64Array,
  ): void;
  /** ∇f_c(xᵢ; θ) as rows i·C + c of J, row-major [nC, P]: for small problems and for checks. */
  jacobian(theta: Float64Array, X: Float64Array): Float64Array;
}

/** What a model must define; the rest of a `ClosedFormModel` follows from it. */
export interface ModelCore {
  name: string;
  inputs: number;
  /** C; default 1. */
  outputs?: number;
  shapes: Readonly<Record<string, readonly number[]>>;
  init(random: Random): Float64Array;
  /** Writes f(xᵢ; θ) to `f` of length C; keeps what `addGradient` needs. */
  forward(theta: Float64Array, X: Float64Array, example: number, f: Float64Array): void;
  /** Adds Jᵢᵀ·weights to `out` from `offset`, for the θ and example of the last `forward`; `weights` of length C. */
  addGradient(
    theta: Float64Array,
    X: Float64Array,
    example: number,
    weights: Float64Array,
    out: Float64Array,
    offset: number,
  ): void;
  /** K = JJᵀ, row-major nC × nC. */
  gram(theta: Float64Array, X: Float64Array, examples: number): Float64Array;
}

/** A closed-form model from its core. */
export function closedForm(core: ModelCore): ClosedFormModel {
  const { name, inputs, outputs = 1, shapes } = core;
  const parameters = Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const f = new Float64Array(outputs);

  function rowsOf(caller: string, theta: Float64Array, X: Float64Array): number {
    expectLength(`${caller}: expected theta`, theta, parameters);
    if (X.length === 0 || X.length % inputs !== 0)
      throw new ModelsRfmError(
        "WRONG_LENGTH",
        `${caller}: expected X of a length that is a multiple of ${inputs}, got ${X.length}`,
      );
    return X.length / inputs;
  }

  function predict(theta: Float64Array, X: Float64Array): Float64Array {
    const n = rowsOf("predict", theta, X);
    const predictions = new Float64Array(n * outputs);
    for (let i = 0; i < n; i++) {
      core.forward(theta, X, i, f);
      predictions.set(f, i * outputs);
    }
    return predictions;
  }

  function residuals(theta: Float64Array, X: Float64Array, y: Float64Array): Float64Array {
    expectLength("residuals: expected y", y, outputs * rowsOf("residuals", theta, X));
    const r = predict(theta, X);
    for (let i = 0; i < r.length; i++) r[i]! -= y[i]!;
    return r;
  }

  return {
    name,
    inputs,
    outputs,
    parameters,
    shapes,
    init: (random) => core.init(random),
    predict,
    residuals,
    gramSystem(theta, X, y) {
      const r = residuals(theta, X, y);
      const examples = r.length / outputs;
      return { examples, outputs, gram: core.gram(theta, X, examples), residuals: r };
    },
    gradient(theta, X, y, batch, out) {
      expectLength("gradient: expected y", y, outputs * rowsOf("gradient", theta, X));
      expectLength("gradient: expected out", out, parameters);
      for (let k = 0; k < batch.length; k++) {
        const example = batch[k]!;
        core.forward(theta, X, example, f);
        for (let c = 0; c < outputs; c++) f[c]! -= y[example * outputs + c]!;
        core.addGradient(theta, X, example, f, out, 0);
      }
    },
    pullBack(theta, X, weights, batch, out) {
      expectLength("pullBack: expected weights", weights, outputs * rowsOf("pullBack", theta, X));
      expectLength("pullBack: expected out", out, parameters);
      for (let k = 0; k < batch.length; k++) {
        const example = batch[k]!;
        core.forward(theta, X, example, f);
        const row = weights.subarray(example * outputs, (example + 1) * outputs);
        core.addGradient(theta, X, example, row, out, 0);
      }
    },
    jacobian(theta, X) {
      const n = rowsOf("jacobian", theta, X);
      const J = new Float64Array(n * outputs * parameters);
      const unit = new Float64Array(outputs);
      for (let i = 0; i < n; i++) {
        core.forward(theta, X, i, f);
        for (let c = 0; c < outputs; c++)
          core.addGradient(theta, X, i, unit.fill(0).fill(1, c, c + 1), J, (i * outputs + c) * parameters);
      }
      return J;
    },
  };
}
