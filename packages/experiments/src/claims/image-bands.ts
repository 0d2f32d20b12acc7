import { judgeValues, type Acceptance } from "../judge.js";
import type { MinimumRecord } from "@sgdscope/training";

/**
 * Bands for minima of networks on real images once the loss is below 1e-6. They are ours, from one run per setting with
 * PyTorch, not the paper's: η/η* in [0.75, 1.25], ‖H‖_F·η·√(pμ) below 1, μ in [0.5, 2.5].
 */
export const boundBands = {
  edgeRatio: [0.75, 1.25],
  frobeniusRatio: [0, 1],
  alignmentFactor: [0.5, 2.5],
} as const satisfies Record<string, [number, number]>;

/** Where {@link boundBands} come from. */
export const imageBandSource = "runs of this protocol on CIFAR-10 in PyTorch, one per setting";

/** Judges the runs that interpolate against the bands; a statement without a run to judge does not hold. */
export function judgeBound(records: MinimumRecord[]): Acceptance[] {
  const minima = records.filter((record) => record.interpolates && record.minimum !== undefined);
  const stochastic = minima.filter((record) => !record.gradientDescent);
  return [
    judgeValues(
      "SGD and GD stop at the exact mean-square edge: η/η* is near 1",
      minima.map((record) => record.minimum!.edgeRatio),
      boundBands.edgeRatio,
      imageBandSource,
    ),
    judgeValues(
      "the paper's bound holds with the measured alignment: ‖H‖_F·η·√(pμ) ≤ 1",
      stochastic.map((record) => record.minimum!.frobeniusRatio),
      boundBands.frobeniusRatio,
      imageBandSource,
    ),
    judgeValues(
      "noise and curvature are aligned at the minimum: μ is of order 1",
      stochastic.map((record) => record.minimum!.alignmentFactor),
      boundBands.alignmentFactor,
      imageBandSource,
    ),
  ];
}
