import { expectCount, expectLength, expectNotNegative, expectPositive, ModelsRfmError } from "../errors.js";
import { dot } from "../matrix.js";
import type { Random } from "../model.js";
import type { LabelledInputs } from "./depleted-data.js";

export interface TrainPerceptronOptions {
  /** η; the temperature is T = η/B. */
  learningRate: number;
  /** B ≤ P, drawn without replacement, afresh every step; default 1. */
  batchSize?: number;
  /** κ ≥ 0 of the loss max(0, κ − y·f); default 0. */
  margin?: number;
  /** Most updates to make; default 1e6. */
  maxUpdates?: number;
  random: Random;
}

/** The perceptron at the end of its training. */
export interface PerceptronFit {
  /** w, length d. */
  weights: Float64Array;
  /** Training time t* = η·(steps of SGD), with the expected number of those that change nothing. */
  time: number;
  /** Steps that changed w. */
  updates: number;
  /** Whether all y·f > κ; false if `maxUpdates` was reached first. */
  fitted: boolean;
  /** w₁, along the teacher. */
  along: number;
  /** ‖w_⊥‖, across it. */
  across: number;
}

/**
 * Trains the perceptron f(x) = w·x/√d from w = 0 by SGD on max(0, κ − y·f), until it fits every example.
 *
 * Steps on fitted examples change nothing, so they are skipped: the next batch with an unfitted example is drawn directly, and time
 * advances by its expected waiting time, η over the chance of such a batch, which is η·P/(unfitted examples) for B = 1. At κ = 0 nothing sets
 * a scale: w and t* are proportional to η, the path in w/η is always the same. O(BPd) per update.
 *
 * @throws ModelsRfmError `INVALID_SIZE`, `INVALID_VALUE`, `WRONG_LENGTH`.
 * @see Sclocchi, Geiger and Wyart (2023), arXiv:2301.13703, whose code trains with batches of two; the expected waiting times and the
 * scale invariance are derived here.
 */
export function trainPerceptron(data: LabelledInputs, options: TrainPerceptronOptions): PerceptronFit {
  const { learningRate, batchSize = 1, margin = 0, maxUpdates = 1e6, random } = options;
  const { X, y } = data;
  const P = y.length;
  expectCount("trainPerceptron: expected the number of examples", P);
  const d = Math.floor(X.length / P);
  expectCount("trainPerceptron: expected the input dimension", d);
  expectLength("trainPerceptron: expected X", X, P * d);
  expectPositive("trainPerceptron: expected learningRate", learningRate);
  expectCount("trainPerceptron: expected batchSize", batchSize);
  if (batchSize > P)
    throw new ModelsRfmError(
      "INVALID_VALUE",
      `trainPerceptron: expected batchSize of at most the ${P} examples, got ${batchSize}`,
    );
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
    const { members, chance } = unfittedInBatch(count, P, batchSize, random);
    time += learningRate / chance;
    for (let member = 0; member < members; member++) {
      const at = member + Math.floor(random() * (count - member));
      const chosen = unfitted[at]!;
      unfitted[at] = unfitted[member]!;
      const step = (learningRate * y[chosen]!) / (batchSize * Math.sqrt(d));
      for (let k = 0; k < d; k++) weights[k]! += step * X[chosen * d + k]!;
      for (let i = 0; i < P; i++) margins[i]! += (step / Math.sqrt(d)) * y[i]! * dot(X, i * d, X, chosen * d, d);
    }
    updates++;
  }
}

/** The number of unfitted examples in a batch that has at least one, and the chance of such a batch, by the hypergeometric law. */
function unfittedInBatch(
  count: number,
  P: number,
  batchSize: number,
  random: Random,
): { members: number; chance: number } {
  if (batchSize === 1) return { members: 1, chance: count / P };
  // Chances of 0, 1, … members, by C(count, k)C(P − count, B − k)/C(P, B).
  const most = Math.min(batchSize, count);
  const least = Math.max(0, batchSize - (P - count));
  const chances = new Float64Array(most + 1);
  let logChance = 0;
  for (let j = 0; j < batchSize; j++) logChance -= Math.log((P - j) / (j + 1));
  for (let j = 0; j < least; j++) logChance += Math.log((count - j) / (j + 1));
  for (let j = 0; j < batchSize - least; j++) logChance += Math.log((P - count - j) / (j + 1));
  chances[least] = Math.exp(logChance);
  for (let k = least; k < most; k++)
    chances[k + 1] = (chances[k]! * (count - k) * (batchSize - k)) / ((k + 1) * (P - count - batchSize + k + 1));
  const chance = chances.reduce((sum, value, k) => (k > 0 ? sum + value : sum), 0);
  let left = random() * chance;
  let members = Math.max(1, least);
  while (members < most && left >= chances[members]!) left -= chances[members++]!;
  return { members, chance };
}

/**
 * The exponent with which w₁/‖w_⊥‖ of the depleted perceptron grows with the number of examples, 1/(1 + χ): P examples leave a
 * gap of P^(−1/(1+χ)) at the boundary, within which w must point. Derived here; sizes that one can train measure it to 10 % for
 * the ratio, while t* ~ η·P^(1+2/(1+χ)) is reached much later.
 */
export function depletedRatioExponent(depletion: number): number {
  return 1 / (1 + depletion);
}
