import type { GramSystem } from "@sgdscope/noise-structure";
import { stabilityBounds } from "../bounds/all.js";
import type { Bound } from "../bounds/bound.js";
import { exactRow } from "../bounds/exact.js";
import type { BoundId } from "../bounds/registry.js";
import { prepareMinimum, type PreparedMinimum } from "../minimum.js";
import { weightsFor, type Batches } from "../sampling.js";
import { exactThreshold, type ExactThreshold, type SolverOptions } from "./exact.js";

/**
 * Every critical learning rate of a minimum in one table: the exact threshold first, then all bounds that apply to the
 * way of sampling, each with its kind, assumptions, source and evidence.
 *
 * @param system - A Gram system or a prepared minimum. Residuals enter the measured alignment only.
 * @param options - Batch size, sampling, solver.
 * @param options.threshold - What `exactThreshold` gave for these options already; default it is computed.
 * @returns In a fixed order, without the rows that do not apply. Cost that of `exactThreshold` and `stabilityBounds`.
 * @throws StabilityError EPOCH_SHUFFLE_HAS_NO_THEORY, BATCH_TOO_LARGE, NO_CURVATURE or INVALID_ARGUMENT;
 *   NoiseStructureError, such as NOT_POSITIVE_SEMIDEFINITE, for a matrix that is no Gram matrix.
 */
export function criticalLearningRates(
  system: GramSystem | PreparedMinimum,
  options: Batches & SolverOptions & { threshold?: ExactThreshold },
): Bound<BoundId>[] {
  const weights = weightsFor("criticalLearningRates", system.examples, options);
  const minimum = prepareMinimum(system, options);
  const threshold = options.threshold ?? exactThreshold(minimum, options);
  return [exactRow(minimum, weights, threshold), ...stabilityBounds(minimum, options)];
}
