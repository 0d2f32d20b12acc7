import { gaussian } from "@sgdscope/random";
import { expectCount, expectPositive } from "../errors.js";
import { dot, gramOfRows } from "../matrix.js";
import { closedForm, type ClosedFormModel } from "../model.js";

export interface LinearRegressionOptions {
  /** Input dimension d. */
  inputs: number;
  /** Standard deviation of the starting weights; default 1/√d. */
  initialScale?: number;
}

/** Linear regression f(x) = w·x; its parts: `weights` [d, 1]. */
export interface LinearRegression extends ClosedFormModel {
  readonly kind: "linear-regression";
}

/**
 * Linear regression f(x) = w·x, no intercept. Starts at w ~ N(0, initialScale²·I).
 *
 * Its Gram matrix K = XXᵀ does not depend on w.
 *
 * @throws ModelsRfmError `INVALID_SIZE`.
 */
export function linearRegression({
  inputs,
  initialScale = 1 / Math.sqrt(inputs),
}: LinearRegressionOptions): LinearRegression {
  expectCount("linearRegression: expected inputs", inputs);
  expectPositive("linearRegression: expected initialScale", initialScale);
  const model = closedForm({
    name: `linear-regression-${inputs}`,
    inputs,
    shapes: { weights: [inputs, 1] },
    init: (random) => gaussian(inputs, random).map((w) => initialScale * w),
    forward(theta, X, example, f) {
      f[0] = dot(theta, 0, X, example * inputs, inputs);
    },
    addGradient(_theta, X, example, weights, out, offset) {
      for (let k = 0; k < inputs; k++) out[offset + k]! += weights[0]! * X[example * inputs + k]!;
    },
    gram: (_theta, X, n) => gramOfRows(X, n, inputs),
  });
  return { ...model, kind: "linear-regression" };
}
