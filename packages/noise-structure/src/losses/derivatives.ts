import { NoiseStructureError } from "../errors.js";
import type { LossAt, OutputLoss } from "./loss.js";
import { expectCount, expectNumbers } from "./shape.js";

/** The outputs of a model, what they should be, and the loss that says how much that matters. */
export interface LossInputs {
  /** f, `[n, C]`, row-major: for cross-entropy and logistic losses the logits. */
  outputs: ArrayLike<number>;
  /** y, `[n, C]`, row-major. Labels become such rows by `labelRows`. */
  targets: ArrayLike<number>;
  loss: OutputLoss;
  /** A weight per example, at least 0, by which its loss is multiplied; the loss of all stays a mean over n. Default ones. */
  weights?: ArrayLike<number>;
}

/** A loss and its derivatives with respect to the outputs, example by example. */
export interface LossDerivatives {
  examples: number;
  /** C. */
  outputs: number;
  /** Rows of each R. */
  rows: number;
  /** `L = (1/n) Σ ℓᵢ`. */
  loss: number;
  /** `m = (1/n) Σ sᵢᵀSᵢ⁺sᵢ`, the mean of Pearson's χ²; for the square loss 2L. */
  naturalScale: number;
  /** `(1/n) Σ Tr Sᵢ`. */
  meanCurvature: number;
  /** `ℓᵢ`, `[n]`. */
  values: Float64Array;
  /** `sᵢ`, `[n, C]`. */
  gradients: Float64Array;
  /** `Sᵢ`, `[n, C, C]`. */
  curvatures: Float64Array;
  /** `Rᵢ` with `RᵢᵀRᵢ = Sᵢ`, `[n, rows, C]`. */
  factors: Float64Array;
  /** `r̃ᵢ` with `Rᵢᵀr̃ᵢ = sᵢ`, `[n, rows]`. */
  residuals: Float64Array;
}

/**
 * The loss of every example with its derivatives.
 *
 * @param shape - n and C.
 * @returns Cost `O(nC²)`.
 * @throws NoiseStructureError SHAPE_MISMATCH, INVALID_ARGUMENT for a weight that is negative or not finite, and as `loss.at`.
 */
export function lossDerivatives(
  { outputs, targets, loss, weights }: LossInputs,
  { examples, outputs: size }: { examples: number; outputs: number },
): LossDerivatives {
  expectCount("lossDerivatives", "examples", examples);
  expectCount("lossDerivatives", "outputs", size);
  expectNumbers("lossDerivatives", "outputs", outputs, examples, size);
  expectNumbers("lossDerivatives", "targets", targets, examples, size);
  if (weights !== undefined) expectWeights(weights, examples);
  const rows = loss.rows(size);
  const all: LossDerivatives = {
    examples,
    outputs: size,
    rows,
    loss: 0,
    naturalScale: 0,
    meanCurvature: 0,
    values: new Float64Array(examples),
    gradients: new Float64Array(examples * size),
    curvatures: new Float64Array(examples * size * size),
    factors: new Float64Array(examples * rows * size),
    residuals: new Float64Array(examples * rows),
  };
  const row = (array: ArrayLike<number>, i: number): Float64Array =>
    Float64Array.from({ length: size }, (_, c) => array[i * size + c]!);
  for (let i = 0; i < examples; i++) {
    const weight = weights?.[i] ?? 1;
    const one = weighted(loss.at(row(outputs, i), row(targets, i), i), weight);
    all.values[i] = one.value;
    all.loss += one.value / examples;
    for (const r of one.residual) all.naturalScale += (r * r) / examples;
    for (let c = 0; c < size; c++) all.meanCurvature += one.curvature[c * size + c]! / examples;
    all.gradients.set(one.gradient, i * size);
    all.curvatures.set(one.curvature, i * size * size);
    all.factors.set(one.factor, i * rows * size);
    all.residuals.set(one.residual, i * rows);
  }
  return all;
}

function weighted({ value, gradient, curvature, factor, residual }: LossAt, weight: number): LossAt {
  const root = Math.sqrt(weight);
  return {
    value: weight * value,
    gradient: gradient.map((s) => weight * s),
    curvature: curvature.map((s) => weight * s),
    factor: factor.map((r) => root * r),
    residual: residual.map((r) => root * r),
  };
}

function expectWeights(weights: ArrayLike<number>, examples: number): void {
  if (weights.length !== examples)
    throw new NoiseStructureError(
      "SHAPE_MISMATCH",
      `lossDerivatives: expected weights of ${examples} examples, got ${weights.length}.`,
    );
  for (let i = 0; i < examples; i++)
    if (!(weights[i]! >= 0 && weights[i]! < Infinity))
      throw new NoiseStructureError(
        "INVALID_ARGUMENT",
        `lossDerivatives: expected weights of at least 0, got ${weights[i]!} at example ${i}.`,
      );
}
