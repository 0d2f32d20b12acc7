import type { GramSystem } from "@sgdscope/noise-structure";
import {
  criticalLearningRates,
  prepareMinimum,
  type BoundKind,
  type BoundName,
  type Evidence,
  type PreparedMinimum,
  type Sampling,
} from "@sgdscope/stability-criterion";

/** One criterion over the batch size. */
export interface CriticalCurve {
  name: BoundName;
  /** What it says about the exact threshold; see `BoundKind`. */
  kind: BoundKind;
  source: string;
  evidence: Evidence;
  /** One a batch size: Infinity where the formula sets no limit, undefined where it does not apply. */
  criticalLearningRates: (number | undefined)[];
}

/**
 * The criteria of a diagram: the exact threshold and one bound of each kind of argument, without their variants. The
 * coherence applies to Bernoulli batches only.
 */
export const diagramCriteria = [
  "exact mean-square threshold",
  "gradient descent",
  "alignment, worst case",
  "alignment, measured",
  "trace",
  "chi",
  "Frobenius, unconditional",
  "top eigenvector",
  "rank one",
  "Wu–Ma–E",
  "coherence",
] as const satisfies readonly BoundName[];

/**
 * The critical learning rate of each criterion at each batch size.
 *
 * @param options.criteria - Default {@link diagramCriteria}; those that do not apply at any batch size are left out.
 * @param options.sampling - Default `"without-replacement"`.
 * @returns In the order of `criteria`. Cost one exact threshold and one set of bounds a batch size.
 * @throws StabilityError as `criticalLearningRates`.
 */
export function criticalCurves(
  system: GramSystem | PreparedMinimum,
  options: { batchSizes: readonly number[]; sampling?: Sampling; criteria?: readonly BoundName[] },
): CriticalCurve[] {
  const { batchSizes, sampling = "without-replacement", criteria = diagramCriteria } = options;
  const minimum = prepareMinimum(system);
  const tables = batchSizes.map((batchSize) => criticalLearningRates(minimum, { batchSize, sampling }));
  return criteria.flatMap((name) => {
    const bounds = tables.map((table) => table.find((bound) => bound.name === name));
    const first = bounds.find((bound) => bound !== undefined);
    if (first === undefined) return [];
    const { kind, source, evidence } = first;
    return [
      { name, kind, source, evidence, criticalLearningRates: bounds.map((bound) => bound?.criticalLearningRate) },
    ];
  });
}
