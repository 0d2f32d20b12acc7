import { NoiseStructureError } from "../errors.js";
import { expectSmoothing } from "./labels.js";
import type { LossAt, OutputLoss } from "./loss.js";

/** How far from 1 targets may sum, as those that were stored in Float16 do; they are divided by their sum. */
const SUM_TOLERANCE = 2e-3;

/**
 * Softmax cross-entropy `ℓ = −Σ_c y_c log q_c`, q = softmax(f), for targets y that are distributions over C ≥ 2 classes: PyTorch's
 * `CrossEntropyLoss`, and for logits of one example Keras' `CategoricalCrossentropy(from_logits=True)`.
 *
 * `s = q − y`, `S = diag(q) − qqᵀ`, which has the kernel 1: R has C − 1 rows. With k the most likely class and v = √q of the others,
 * `R = (I − vvᵀ/(1 + √q_k))·diag(v)` on logits relative to that of k, and `r̃_c = (q_c − y_c)/√q_c + √q_c(y_k − q_k)/(√q_k(1 + √q_k))`:
 * no difference of nearly equal numbers enters, so that `sᵀS⁺s`, which is `1/q_y − 1` for a label y, has all digits however likely or
 * unlikely that class is. [Derived here.]
 *
 * @param options.labelSmoothing - ε in [0, 1): targets become (1 − ε)y + ε/C, as with PyTorch's `label_smoothing`.
 * @throws NoiseStructureError INVALID_ARGUMENT. `at` also throws INVALID_ARGUMENT for one output and for targets that are no
 *   distribution, whose gradient is not in the range of S.
 */
export function crossEntropyLoss({ labelSmoothing = 0 }: { labelSmoothing?: number } = {}): OutputLoss {
  expectSmoothing("crossEntropyLoss", labelSmoothing);
  return {
    id: "cross-entropy",
    label: `softmax cross-entropy${labelSmoothing === 0 ? "" : `, label smoothing ${labelSmoothing}`}`,
    source: "McCullagh & Nelder, Generalized Linear Models, 2nd ed., §5; the residual is Pearson's up to a rotation",
    rows: (outputs) => outputs - 1,
    ...(labelSmoothing === 0 ? { largestCurvature: (outputs: number) => 1 - 1 / outputs } : {}),
    value: (outputs, targets, example = 0) => {
      const y = distribution(targets, labelSmoothing, example);
      return valueOf(logarithms(outputs).logs, y);
    },
    least: (targets, example = 0) => {
      const y = distribution(targets, labelSmoothing, example);
      const logs = y.map(Math.log);
      return { value: valueOf(logs, y), outputs: logs.every(Number.isFinite) ? logs : undefined };
    },
    at: (outputs, targets, example = 0) => at(outputs, distribution(targets, labelSmoothing, example), example),
  };
}

/** What is left of 1 beside each entry of a distribution, with its digits where the entry is near 1. */
const rests = (distribution: Float64Array): Float64Array =>
  distribution.map((value, c) =>
    value > 0.5 ? distribution.reduce((sum, other, d) => (d === c ? sum : sum + other), 0) : 1 - value,
  );

/** log q, and the likeliest class. */
function logarithms(logits: ArrayLike<number>): { logs: Float64Array; k: number } {
  const size = logits.length;
  let k = 0;
  for (let c = 1; c < size; c++) if (logits[c]! > logits[k]!) k = c;
  // Relative to the likeliest class, whose probability 1/(1 + others) may be rounded to 1 while its logarithm must not be to 0.
  let others = 0;
  for (let c = 0; c < size; c++) if (c !== k) others += Math.exp(logits[c]! - logits[k]!);
  const normaliser = Math.log1p(others);
  return { logs: Float64Array.from(logits, (logit) => logit - logits[k]! - normaliser), k };
}

/** −Σ y log q, where a class that is ruled out and not wanted adds nothing. */
const valueOf = (logs: Float64Array, y: Float64Array): number =>
  logs.reduce((sum, log, c) => (y[c] === 0 ? sum : sum - y[c]! * log), 0);

function at(logits: ArrayLike<number>, y: Float64Array, example: number): LossAt {
  const size = logits.length;
  const { logs, k } = logarithms(logits);
  const q = logs.map(Math.exp);
  const roots = logs.map((log) => Math.exp(log / 2));
  const [restOfQ, restOfY] = [rests(q), rests(y)];

  const value = valueOf(logs, y);
  const gradient = new Float64Array(size);
  const curvature = new Float64Array(size * size);
  for (let c = 0; c < size; c++) {
    gradient[c] = difference(q[c]!, restOfQ[c]!, y[c]!, restOfY[c]!);
    for (let d = 0; d < size; d++) curvature[c * size + d] = c === d ? q[c]! * restOfQ[c]! : -q[c]! * q[d]!;
  }

  const factor = new Float64Array((size - 1) * size);
  const residual = new Float64Array(size - 1);
  const rootK = roots[k]!;
  const turned = -gradient[k]! / (rootK * (1 + rootK));
  for (let c = 0, row = 0; c < size; c++) {
    if (c === k) continue;
    for (let d = 0; d < size; d++)
      factor[row * size + d] = roots[c]! * (d === k ? -rootK : (d === c ? 1 : 0) - q[d]! / (1 + rootK));
    residual[row] = quotient(roots[c]!, restOfQ[c]!, y[c]!, restOfY[c]!, logs[c]!) + roots[c]! * turned;
    row++;
  }
  if (![value, ...residual].every(Number.isFinite))
    throw new NoiseStructureError(
      "NOT_FINITE",
      `cross-entropy loss: expected logits that leave every class of the target a probability within Float64, got a difference of ${Math.max(...logs) - Math.min(...logs)} at example ${example}.`,
    );
  return { value, gradient, curvature, factor, residual };
}

/** q − y as q(1 − y) − y(1 − q): exact for labels, and where both are near 1. */
const difference = (q: number, restOfQ: number, y: number, restOfY: number): number => q * restOfY - y * restOfQ;

/** (q − y)/√q, also where q itself is too small to divide by. */
const quotient = (root: number, restOfQ: number, y: number, restOfY: number, log: number): number =>
  root * restOfY - (y === 0 ? 0 : y * restOfQ * Math.exp(-log / 2));

function distribution(targets: ArrayLike<number>, smoothing: number, example: number): Float64Array {
  const size = targets.length;
  if (size < 2)
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `cross-entropy loss: expected at least 2 outputs per example, got ${size}; with one logit per example the loss is logistic.`,
    );
  let sum = 0;
  for (let c = 0; c < size; c++) {
    if (!(targets[c]! >= 0))
      throw new NoiseStructureError(
        "INVALID_ARGUMENT",
        `cross-entropy loss: expected targets of at least 0, got ${targets[c]!} at class ${c} of example ${example}.`,
      );
    sum += targets[c]!;
  }
  if (!(Math.abs(sum - 1) <= SUM_TOLERANCE))
    throw new NoiseStructureError(
      "INVALID_ARGUMENT",
      `cross-entropy loss: expected targets that sum to 1 over the classes, got ${sum} at example ${example}: its gradient is then not in the range of its curvature.`,
    );
  return Float64Array.from(targets, (y) => (1 - smoothing) * (y / sum) + smoothing / size);
}
