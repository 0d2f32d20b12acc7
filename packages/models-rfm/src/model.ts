import { ModelsRfmError, expectLength } from "./errors.js";

/** Uniform on [0, 1). */
export type Random = () => number;

/** What the stability theory needs of a minimum: K = JJᵀ and the residuals r = f − y, both Float64. */
export interface GramSystem {
  /** Number of examples n. */
  examples: number;
  /** Outputs an example, C = 1 for every model here. */
  outputs: number;
  /** K row-major, n × n. */
  gram: Float64Array;
  /** r of length n. */
  residuals: Float64Array;
}

/**
 * A scalar model f(x; θ) with everything in closed form, Float64.
 *
 * Inputs X are row-major [n, inputs], targets y of length n, parameters θ one vector of length P.
 * The loss is L(θ) = (1/2n) Σᵢ rᵢ² with r = f − y. Every method throws ModelsRfmError `WRONG_LENGTH` for arrays that do not fit.
 */
export interface ClosedFormModel {
  readonly name: string;
  /** Input dimension d. */
  readonly inputs: number;
  /** Number of parameters P. */
  readonly parameters: number;
  /** Names and shapes of the parts of θ, in the order in which they follow each other, each row-major. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Starting parameters, a function of `random` alone. */
  init(random: Random): Float64Array;
  /** f(xᵢ; θ) for every row of X; length n. */
  predict(theta: Float64Array, X: Float64Array): Float64Array;
  /** r = f − y. */
  residuals(theta: Float64Array, X: Float64Array, y: Float64Array): Float64Array;
  /** K and r without forming J; memory O(n²) beside X and the features. */
  gramSystem(theta: Float64Array, X: Float64Array, y: Float64Array): GramSystem;
  /** Adds Σ_{i∈batch} rᵢ ∇f(xᵢ; θ), the sum of the gradients of ½rᵢ², to `out` of length P; cost O(P) an example. */
  gradient(theta: Float64Array, X: Float64Array, y: Float64Array, batch: ArrayLike<number>, out: Float64Array): void;
  /** ∇f(xᵢ; θ) as rows of J, row-major [n, P]: for small problems and for checks. */
  jacobian(theta: Float64Array, X: Float64Array): Float64Array;
}

/** What a model must bring; the rest of a `ClosedFormModel` follows from it. */
export interface ModelCore {
  name: string;
  inputs: number;
  shapes: Readonly<Record<string, readonly number[]>>;
  init(random: Random): Float64Array;
  /** f(xᵢ; θ); keeps what `addGradient` needs. */
  forward(theta: Float64Array, X: Float64Array, example: number): number;
  /** Adds weight·∇f(xᵢ; θ) to `out` from `offset`, for the θ and example of the last `forward`. */
  addGradient(
    theta: Float64Array,
    X: Float64Array,
    example: number,
    weight: number,
    out: Float64Array,
    offset: number,
  ): void;
  /** K = JJᵀ, row-major n × n. */
  gram(theta: Float64Array, X: Float64Array, examples: number): Float64Array;
}

/** A closed-form model from its core. */
export function closedForm(core: ModelCore): ClosedFormModel {
  const { name, inputs, shapes } = core;
  const parameters = Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);

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
    return Float64Array.from({ length: n }, (_, i) => core.forward(theta, X, i));
  }

  function residuals(theta: Float64Array, X: Float64Array, y: Float64Array): Float64Array {
    expectLength("residuals: expected y", y, rowsOf("residuals", theta, X));
    const r = predict(theta, X);
    for (let i = 0; i < r.length; i++) r[i]! -= y[i]!;
    return r;
  }

  return {
    name,
    inputs,
    parameters,
    shapes,
    init: (random) => core.init(random),
    predict,
    residuals,
    gramSystem(theta, X, y) {
      const r = residuals(theta, X, y);
      return { examples: r.length, outputs: 1, gram: core.gram(theta, X, r.length), residuals: r };
    },
    gradient(theta, X, y, batch, out) {
      expectLength("gradient: expected y", y, rowsOf("gradient", theta, X));
      expectLength("gradient: expected out", out, parameters);
      for (let k = 0; k < batch.length; k++) {
        const example = batch[k]!;
        core.addGradient(theta, X, example, core.forward(theta, X, example) - y[example]!, out, 0);
      }
    },
    jacobian(theta, X) {
      const n = rowsOf("jacobian", theta, X);
      const J = new Float64Array(n * parameters);
      for (let i = 0; i < n; i++) {
        core.forward(theta, X, i);
        core.addGradient(theta, X, i, 1, J, i * parameters);
      }
      return J;
    },
  };
}
