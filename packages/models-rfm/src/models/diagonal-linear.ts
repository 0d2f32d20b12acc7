import { gaussian } from "@sgdscope/random";
import { expectCount, expectPositive } from "../errors.js";
import { closedForm, type ClosedFormModel } from "../model.js";

export interface DiagonalLinearOptions {
  /** Input dimension d. */
  inputs: number;
  /** Standard deviation of the starting a_j and b_j; default 1. */
  initialScale?: number;
}

/** Diagonal linear network f(x) = ⟨a∘b, x⟩; its parts: `first` [d, 1], a, then `second` [d, 1], b. */
export interface DiagonalLinear extends ClosedFormModel {
  readonly kind: "diagonal-linear";
}

/**
 * Diagonal linear network f(x) = Σ_j a_j b_j x_j; P = 2d. Starts at a, b ~ N(0, initialScale²·I).
 *
 * K_ik = Σ_j (a_j² + b_j²) x_ij x_kj (derived here), O(n²d).
 *
 * @throws ModelsRfmError `INVALID_SIZE`.
 * @see Wu and Su (2023), The implicit regularization of dynamical stability in stochastic gradient descent, who study how SGD balances it.
 */
export function diagonalLinear({ inputs, initialScale = 1 }: DiagonalLinearOptions): DiagonalLinear {
  expectCount("diagonalLinear: expected inputs", inputs);
  expectPositive("diagonalLinear: expected initialScale", initialScale);
  const model = closedForm({
    name: `diagonal-linear-${inputs}`,
    inputs,
    shapes: { first: [inputs, 1], second: [inputs, 1] },
    init: (random) => gaussian(2 * inputs, random).map((value) => initialScale * value),
    forward(theta, X, example, f) {
      let sum = 0;
      for (let j = 0; j < inputs; j++) sum += theta[j]! * theta[inputs + j]! * X[example * inputs + j]!;
      f[0] = sum;
    },
    addGradient(theta, X, example, weights, out, offset) {
      for (let j = 0; j < inputs; j++) {
        const signal = weights[0]! * X[example * inputs + j]!;
        out[offset + j]! += signal * theta[inputs + j]!;
        out[offset + inputs + j]! += signal * theta[j]!;
      }
    },
    gram(theta, X, n) {
      const gram = new Float64Array(n * n);
      for (let i = 0; i < n; i++)
        for (let k = 0; k <= i; k++) {
          let sum = 0;
          for (let j = 0; j < inputs; j++)
            sum += (theta[j]! ** 2 + theta[inputs + j]! ** 2) * X[i * inputs + j]! * X[k * inputs + j]!;
          gram[i * n + k] = sum;
          gram[k * n + i] = sum;
        }
      return gram;
    },
  });
  return { ...model, kind: "diagonal-linear" };
}
