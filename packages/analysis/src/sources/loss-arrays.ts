import type { NamedArray } from "@sgdscope/array-files";
import {
  generalisedGramSystem,
  labelRows,
  lossIds,
  lossNamed,
  type GeneralisedGramSystem,
  type LossId,
  type OutputLoss,
} from "@sgdscope/noise-structure/losses";
import { AnalysisError } from "../errors.js";
import type { LossAtPoint, LossName, Minimum } from "../minimum.js";
import { finite } from "./finite.js";
import { expectLogits } from "./logits.js";
import { coarser, precisionOf } from "./precision.js";
import type { Layout, ShapeNote } from "./shapes.js";

/** A loss, the outputs of a model and what they should be. */
export interface LossArrays {
  /** A name, or a loss of `@sgdscope/noise-structure/losses` with its options. */
  loss: LossId | OutputLoss;
  /** f: `[n, C]`, `[nC]`, or `[n]` for one output; for cross-entropy and logistic losses before softmax or sigmoid. */
  logits: NamedArray;
  /** Labels `[n]`: 0 … C − 1 for cross-entropy, 0 and 1 for the logistic loss of one output. */
  labels?: NamedArray;
  /** Targets, of the shape of the logits. */
  targets?: NamedArray;
  /** A weight per example, `[n]`. */
  weights?: NamedArray;
}

const show = (shape: readonly number[]): string => `[${shape.join(", ")}]`;
const mismatch = (argument: string, problem: string, advice?: string): AnalysisError =>
  new AnalysisError("SHAPE_MISMATCH", argument, problem, advice);

/** @internal The minimum of a loss from a matrix whose layout is known, and that of the logits with it. */
export function minimumWithLoss(
  name: string,
  { examples, outputs }: Layout,
  matrix: { gram: Float64Array } | { jacobian: Float64Array },
  arrays: LossArrays,
): { minimum: Minimum; notes: ShapeNote[] } {
  const loss = typeof arrays.loss === "string" ? lossNamed(arrays.loss) : arrays.loss;
  const shape = { examples, outputs };
  const logits = finite("logits", arrays.logits);
  const notes = expectLogits(loss, logits, shape);
  const targets = targetsOf(arrays, loss, shape);
  const weights = arrays.weights === undefined ? undefined : weightsOf(arrays.weights, examples);
  const system = generalisedGramSystem(
    matrix,
    { outputs: logits, targets, loss, ...(weights === undefined ? {} : { weights }) },
    shape,
  );
  expectCurvature(loss, system);
  const values = "gram" in matrix ? matrix.gram : matrix.jacobian;
  const precision = coarser(precisionOf(values), precisionOf(logits));
  return { minimum: { name, system, precision, ...lossOfMinimum(loss, system, weights) }, notes };
}

/** @internal Refuses a point at which a loss has no curvature left: a Gram matrix of zeros would say nothing of why. */
export function expectCurvature(loss: Pick<OutputLoss, "id">, system: GeneralisedGramSystem): void {
  if (system.meanCurvature === 0)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "logits",
      `expected outputs at which the ${loss.id} loss has curvature, got none at any example: within Float64 all of them are fitted, and every learning rate is stable`,
      "η*/η along the training says something, at its end it does not",
    );
}

/** The fields of a minimum that say its loss, from the loss and its generalised Gram system; weights are those of the examples. */
export function lossOfMinimum(
  loss: OutputLoss,
  system: GeneralisedGramSystem,
  weights?: Float64Array,
): Pick<Minimum, "loss" | "lossAtPoint"> {
  // Also with weights: K̃ and r̃ are then those of the square loss of weighted rows.
  if (loss.id === "square") return { loss: "square" };
  return {
    loss: (lossIds as readonly string[]).includes(loss.id) ? (loss.id as LossName) : "custom",
    lossAtPoint: atPoint(loss, system, weights),
  };
}

function atPoint(
  { label, largestCurvature }: OutputLoss,
  { loss, naturalScale, meanCurvature, modelOutputs, examples }: GeneralisedGramSystem,
  weights: Float64Array | undefined,
): LossAtPoint {
  const share = weights === undefined ? 1 : weights.reduce((sum, weight) => sum + weight, 0) / examples;
  const most = largestCurvature === undefined ? undefined : share * largestCurvature(modelOutputs);
  return {
    label,
    loss,
    naturalScale,
    meanCurvature,
    ...(most === undefined || most === 0 ? {} : { curvatureLeft: meanCurvature / most }),
    modelOutputs,
  };
}

type Shape = { examples: number; outputs: number };

function targetsOf({ logits, labels, targets }: LossArrays, loss: OutputLoss, shape: Shape): Float64Array {
  if ((labels === undefined) === (targets === undefined))
    throw new AnalysisError(
      labels === undefined ? "MISSING" : "INVALID_ARGUMENT",
      "targets",
      `expected labels or targets beside the logits, got ${labels === undefined ? "neither" : "both"}`,
    );
  if (labels !== undefined) return fromLabels(labels, loss, shape);
  const { examples, outputs } = shape;
  const given = targets!.shape;
  const fits =
    (given.length === 2 && given[0] === examples && given[1] === outputs) ||
    (given.length === 1 && given[0] === examples && outputs === 1) ||
    (given.length === 1 && logits.shape.length === 1 && given[0] === logits.shape[0]);
  if (!fits) {
    const expected = outputs === 1 ? `[${examples}] or [${examples}, 1]` : `[${examples}, ${outputs}]`;
    const swapped = given.length === 2 && given[0] === outputs && given[1] === examples;
    const perExample = given.length === 1 && given[0] === examples;
    throw mismatch(
      "targets",
      `expected shape ${expected}, as the logits of shape ${show(logits.shape)}, got ${show(given)}${swapped ? ": it is transposed" : ""}`,
      swapped ? "pass y.T" : perExample ? "class labels are passed as labels" : undefined,
    );
  }
  return finite("targets", targets!);
}

function fromLabels(labels: NamedArray, loss: OutputLoss, { examples, outputs }: Shape): Float64Array {
  if (loss.id !== "cross-entropy" && !(loss.id === "logistic" && outputs === 1))
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "labels",
      loss.id === "logistic"
        ? `expected targets of shape [${examples}, ${outputs}] for ${outputs} logistic outputs, got labels`
        : `expected targets for the ${loss.id} loss, got labels`,
    );
  expectPerExample("labels", labels, examples);
  const values = finite("labels", labels);
  const classes = Math.max(2, outputs);
  const index = values.findIndex((value) => !Number.isInteger(value) || value < 0 || value >= classes);
  if (index >= 0)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "labels",
      `expected ${outputs === 1 ? "labels 0 and 1" : `labels 0 … ${classes - 1} for ${outputs} outputs`}, got ${values[index]!} at position ${index}`,
      values[index] === -1 && outputs === 1 ? "labels −1 and 1 become 0 and 1 as (y + 1)/2" : undefined,
    );
  return outputs === 1 ? values : labelRows(values, outputs);
}

function weightsOf(weights: NamedArray, examples: number): Float64Array {
  expectPerExample("weights", weights, examples);
  const values = finite("weights", weights);
  const index = values.findIndex((value) => value < 0);
  if (index >= 0)
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "weights",
      `expected numbers from 0 up, got ${values[index]!} at position ${index}`,
    );
  return values;
}

function expectPerExample(argument: string, { shape }: NamedArray, examples: number): void {
  const fits = shape[0] === examples && (shape.length === 1 || (shape.length === 2 && shape[1] === 1));
  if (!fits) throw mismatch(argument, `expected shape [${examples}], one per example, got ${show(shape)}`);
}
