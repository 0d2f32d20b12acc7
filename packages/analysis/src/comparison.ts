import { timesPowerOfTwo } from "@sgdscope/linear-algebra";
import { thresholdComparison, type ThresholdComparison } from "@sgdscope/stability-criterion";
import { isPlainSgd } from "@sgdscope/stability-criterion/optimizers";
import { decideConditions, type ConditionsRequest } from "./conditions.js";
import { AnalysisError } from "./errors.js";
import { mark, type Mark } from "./marks.js";
import { lossMarks } from "./loss-marks.js";
import type { Minimum } from "./minimum.js";
import { prepareInUnits } from "./units.js";

/** The exact threshold of a minimum beside the formulas that see its spectrum alone. */
export interface Comparison {
  minimum: {
    name: string;
    examples: number;
    /** C of the model. */
    outputs: number;
    rank: number;
    /** What people call its loss, where it is not square. */
    lossLabel?: string;
  };
  /** The sampling that was judged. */
  sampling: "with-replacement" | "without-replacement";
  /** One per batch size. */
  rows: readonly ThresholdComparison[];
  marks: readonly Mark[];
}

/**
 * Compares the exact threshold with simple formulas, one row per batch size. The formulas hold for centred noise: a training with
 * Bernoulli batches is compared as one without replacement.
 *
 * @throws AnalysisError as `decideConditions`; INVALID_ARGUMENT where Bernoulli batches are asked for.
 */
export function compareThresholds(
  minimum: Minimum,
  request: Pick<ConditionsRequest, "batchSizes" | "sampling">,
): Comparison {
  if (request.sampling === "bernoulli")
    throw new AnalysisError(
      "INVALID_ARGUMENT",
      "sampling",
      "the formulas hold for centred noise, which Bernoulli batches do not have",
      "without-replacement is the nearest",
    );
  const own = minimum.reached?.sampling === "bernoulli" && request.sampling === undefined;
  const conditions = decideConditions(minimum, own ? { ...request, sampling: "without-replacement" } : request);
  const { sampling, marks } = conditions[0]!;
  if (sampling !== "with-replacement" && sampling !== "without-replacement")
    throw new RangeError(`compareThresholds: expected a sampling with centred noise, got ${sampling}`);
  const { prepared, unit } = prepareInUnits(minimum);
  const { examples, outputs, rank } = prepared;
  return {
    minimum: {
      name: minimum.name,
      examples,
      outputs: minimum.lossAtPoint?.modelOutputs ?? outputs,
      rank,
      ...(minimum.lossAtPoint === undefined ? {} : { lossLabel: minimum.lossAtPoint.label }),
    },
    sampling,
    rows: thresholdComparison(prepared, { batchSizes: conditions.map(({ batchSize }) => batchSize), sampling }).map(
      (row) => (unit === 0 ? row : fromUnits(row, unit)),
    ),
    marks: [...marks, ...optimizerMarks(minimum), ...lossMarks(minimum, prepared)],
  };
}

/** The formulas are those of plain SGD, whatever the training stepped by; optimizers without a theory have marks of their own. */
const optimizerMarks = ({ reached }: Minimum): Mark[] =>
  reached === undefined || reached.unjudged !== undefined || isPlainSgd(reached.optimizer) ? [] : [mark("momentum")];

/** Every number of a row but the batch size is a learning rate. */
const fromUnits = ({ batchSize, ...rates }: ThresholdComparison, unit: number): ThresholdComparison => ({
  batchSize,
  ...(Object.fromEntries(
    Object.entries(rates).map(([key, rate]) => [key, timesPowerOfTwo(rate, -unit)]),
  ) as typeof rates),
});
