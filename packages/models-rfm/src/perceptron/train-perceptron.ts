import { expectCount, expectLength, expectNotNegative, expectPositive } from "../errors.js";
import { dot } from "../matrix.js";
import type { Random } from "../model.js";
import type { LabelledInputs } from "./depleted-data.js";

export interface TrainPerceptronOptions {
  /** η; for batches of one also the temperature T. */
  learningRate: number;
  /** κ ≥ 0 of the loss max(0, κ − y·f); default 0. */
  margin?: number;
  /** Most updates to make; default 1e6. */
  maxUpdates?: number;
  random: Random;
}

/** Where the perceptron is when every example is fitted. */
export interface PerceptronFit {
  /** w, length d. */
  weights: Float64Array;
  /** Training time t* = η·(steps of SGD), those that change nothing at their expected number. */
  time: number;
  /** Steps that changed w. */
  updates: number;
  /** Whether all y·f > κ; false where `maxUpdates` came first. */
  fitted: boolean;
  /** w₁, along the teacher. */
  along: number;
  /** ‖w_⊥‖, across it. */
  across: number;
}

/**
 * Trains the perceptron f(x) = w·x/√d from w = 0 by SGD with batches of one on max(0, κ − y·f), until it fits every example.
 *
 * Steps on fitted examples change nothing, so they are not made: the next unfitted example is drawn at once, and time moves by the
 * expected wait η·P/(unfitted examples). At κ = 0 nothing sets a scale: w and t* are proportional to η, the path in w/η is always
 * the same. O(Pd) an update.
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`, `WRONG_LENGTH`.
 * @see Sclocchi, Geiger and Wyart (2023), arXiv:2301.13703, whose code trains with batches of two; scale invariance derived here.
 */
export function trainPerceptron(data: LabelledInputs, options: TrainPerceptronOptions): PerceptronFit {
  const { learningRate, margin = 0, maxUpdates = 1e6, random } = options;
  const { X, y } = data;
  const P = y.length;
  expectCount("trainPerceptron: expected the number of examples", P);
  const d = Math.floor(X.length / P);
  expectCount("trainPerceptron: expected the input dimension", d);
  expectLength("trainPerceptron: expected X", X, P * d);
  expectPositive("trainPerceptron: expected learningRate", learningRate);
  expectNotNegative("trainPerceptron: expected margin", margin);
  expectCount("trainPerceptron: expected maxUpdates", maxUpdates);

  const weights = new Float64Array(d);
  const margins = new Float64Array(P);
  const unfitted = new Int32Array(P);
  let [time, updates] = [0, 0];
  for (;;) {
    let count = 0;
    for (let i = 0; i < P; i++) if (margins[i]! <= margin) unfitted[count++] = i;
    if (count === 0 || updates === maxUpdates)
      return {
        weights,
        time,
        updates,
        fitted: count === 0,
        along: weights[0]!,
        across: Math.sqrt(dot(weights, 1, weights, 1, d - 1)),
      };
    time += (learningRate * P) / count;
    const chosen = unfitted[Math.floor(random() * count)]!;
    const step = (learningRate * y[chosen]!) / Math.sqrt(d);
    for (let k = 0; k < d; k++) weights[k]! += step * X[chosen * d + k]!;
    for (let i = 0; i < P; i++) margins[i]! += (step / Math.sqrt(d)) * y[i]! * dot(X, i * d, X, chosen * d, d);
    updates++;
  }
}

/**
 * The exponent with which w₁/‖w_⊥‖ of the depleted perceptron grows with the number of examples, 1/(1 + χ): P examples leave a
 * gap of P^(−1/(1+χ)) at the boundary, within which w must point. Derived here; sizes that one can train measure it to 10 % for
 * the ratio, while t* ~ η·P^(1+2/(1+χ)) is reached much later.
 */
export function depletedRatioExponent(depletion: number): number {
  return 1 / (1 + depletion);
}
