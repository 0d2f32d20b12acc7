import type { GramSystem } from "@sgdscope/noise-structure";
import {
  boundDefinitions,
  criticalLearningRates,
  prepareMinimum,
  type BoundId,
  type BoundKind,
  type Evidence,
  type PreparedMinimum,
  type Sampling,
} from "@sgdscope/stability-criterion";

/** What is drawn beside the exact threshold of an optimizer with momentum. */
export type OptimizerCurveId = "mean-edge" | "plain-sgd" | "effective-rate";

/** One criterion over the batch size. */
export interface CriticalCurve {
  id: BoundId | OptimizerCurveId;
  label: string;
  /** What it says about the exact threshold; see `BoundKind`. */
  kind: BoundKind;
  source: string;
  evidence: Evidence;
  /** One per batch size, or per momentum: Infinity where the formula sets no limit, undefined where it does not apply. */
  criticalLearningRates: (number | undefined)[];
}

/**
 * The criteria of a diagram: the exact threshold and one bound of each kind of argument, without their variants. The
 * coherence applies to Bernoulli batches only.
 */
export const diagramCriteria: readonly BoundId[] = boundDefinitions
  .filter(({ diagram }) => diagram === true)
  .map(({ id }) => id);

/**
 * The critical learning rate of each criterion at each batch size.
 *
 * @param options.criteria - Default {@link diagramCriteria}; those that do not apply at any batch size are left out.
 * @param options.sampling - Default `"without-replacement"`.
 * @returns In the order of `criteria`. Cost one exact threshold and one set of bounds per batch size.
 * @throws StabilityError as `criticalLearningRates`.
 */
export function criticalCurves(
  system: GramSystem | PreparedMinimum,
  options: { batchSizes: readonly number[]; sampling?: Sampling; criteria?: readonly BoundId[] },
): CriticalCurve[] {
  const { batchSizes, sampling = "without-replacement", criteria = diagramCriteria } = options;
  const minimum = prepareMinimum(system);
  const tables = batchSizes.map((batchSize) => criticalLearningRates(minimum, { batchSize, sampling }));
  return criteria.flatMap((id) => {
    const bounds = tables.map((table) => table.find((bound) => bound.id === id));
    const first = bounds.find((bound) => bound !== undefined);
    if (first === undefined) return [];
    const { label, kind, source, evidence } = first;
    const rates = bounds.map((bound) => bound?.criticalLearningRate);
    return [{ id, label, kind, source, evidence, criticalLearningRates: rates }];
  });
}
