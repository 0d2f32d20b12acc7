import { gramExponent, inGramUnits, timesPowerOfTwo } from "@sgdscope/linear-algebra";
import { noiseStructure, type NoiseStructure } from "@sgdscope/noise-structure";
import { noiseStructureAt, prepareMinimum, type Bound, type PreparedMinimum } from "@sgdscope/stability-criterion";
import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import type { Minimum } from "./minimum.js";
import { rankToleranceOf } from "./minimum.js";

/** @internal η/η* beyond which, either way, second moments of a step leave Float64. */
export const LARGEST_EDGE_RATIO = 1e60;

/** A prepared minimum whose Gram matrix is measured in units of `2^unit`, so that no power the theory takes leaves Float64. */
export interface MinimumInUnits {
  prepared: PreparedMinimum;
  /** 0 unless K is beyond 2^±100; a learning rate η is `η·2^unit` for the prepared minimum. */
  unit: number;
}

/**
 * Prepares a minimum of any scale.
 *
 * @returns Cost as `prepareMinimum`.
 * @throws As `prepareMinimum`.
 */
export function prepareInUnits(minimum: Pick<Minimum, "system" | "precision" | "rankTolerance">): MinimumInUnits {
  const unit = gramExponent(minimum.system);
  const prepared = prepareMinimum(inGramUnits(minimum.system, unit), { rankTolerance: rankToleranceOf(minimum) });
  return { prepared, unit };
}

/** @internal The noise structure in the units of K itself; `eigenvalues` holds the `count` largest. */
export function noiseInUnits({ prepared, unit }: MinimumInUnits, count: number): NoiseStructure {
  const { spectrum, system } = prepared;
  const eigenvalues = spectrum.eigenvalues.slice(0, count).map((value) => timesPowerOfTwo(value, unit));
  if (unit === 0) return { ...noiseStructureAt(prepared), eigenvalues };
  return {
    ...noiseStructure(inGramUnits(system, -unit), { spectrum: { ...spectrum, eigenvalues } }),
    eigenvalues,
  };
}

/** @internal An optimizer for the prepared minimum: weight decay is a curvature. */
export const optimizerInUnits = (optimizer: Optimizer, unit: number): Optimizer =>
  optimizer.weightDecay === undefined
    ? optimizer
    : { ...optimizer, weightDecay: timesPowerOfTwo(optimizer.weightDecay, -unit) };

/** @internal A bound of the prepared minimum in the units of K itself. */
export function boundFromUnits<B extends Bound>(bound: B, unit: number): B {
  const { criticalLearningRate, curvature } = bound;
  return {
    ...bound,
    criticalLearningRate: timesPowerOfTwo(criticalLearningRate, -unit),
    ...(curvature === undefined ? {} : { curvature: { ...curvature, value: timesPowerOfTwo(curvature.value, unit) } }),
  };
}
