import { prepareMinimum, thresholdComparison, type ThresholdComparison } from "@sgdscope/stability-criterion";
import { decideConditions, type ConditionsRequest } from "./conditions.js";
import { AnalysisError } from "./errors.js";
import type { Mark } from "./marks.js";
import { rankToleranceOf, type Minimum } from "./minimum.js";

/** The exact threshold of a minimum beside the formulas that see its spectrum alone. */
export interface Comparison {
  minimum: { name: string; examples: number; outputs: number; rank: number };
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
  const prepared = prepareMinimum(minimum.system, { rankTolerance: rankToleranceOf(minimum) });
  const { examples, outputs, rank } = prepared;
  return {
    minimum: { name: minimum.name, examples, outputs, rank },
    sampling,
    rows: thresholdComparison(prepared, { batchSizes: conditions.map(({ batchSize }) => batchSize), sampling }),
    marks,
  };
}
