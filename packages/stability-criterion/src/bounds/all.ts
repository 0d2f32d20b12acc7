import type { GramSystem, RankOptions } from "@sgdscope/noise-structure";
import { prepareMinimum, type PreparedMinimum } from "../minimum.js";
import { weightsFor, type Batches } from "../sampling.js";
import type { Bound } from "./bound.js";
import { bounds, type BoundId } from "./registry.js";

/**
 * All bounds on the critical learning rate that apply to a minimum and a way of sampling; the exact threshold is not
 * among them.
 *
 * @returns In a fixed order. The most expensive is the worst-case alignment factor: one more eigendecomposition, once per
 *   prepared minimum.
 * @throws StabilityError as `samplingFactor` and `prepareMinimum`.
 */
export function stabilityBounds(
  system: GramSystem | PreparedMinimum,
  options: Batches & RankOptions,
): Bound<BoundId>[] {
  const minimum = prepareMinimum(system, options);
  const weights = weightsFor("stabilityBounds", minimum.examples, options);
  return bounds.map((bound) => bound(minimum, weights)).filter((bound) => bound !== undefined);
}
