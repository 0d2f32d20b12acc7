import { judge, type Acceptance } from "../judge.js";
import type { MinimumRecord } from "@sgdscope/training";
import { minimaOf } from "./minima.js";
import { frobeniusRatioAtStart, isotropicAtEnd, samplesOf, startOf, startRatioOf } from "./samples.js";

/**
 * Bands for minima of networks on real images once the loss is below 1e-6, for runs driven to the edge. They are ours,
 * from one run per setting with PyTorch, not the paper's: η/η* in [0.75, 1.25], ‖H‖_F·η·√(pμ) below 1, μ in [0.5, 2.5].
 */
export const boundBands = {
  edgeRatio: [0.75, 1.25],
  frobeniusRatio: [0, 1],
  alignmentFactor: [0.5, 2.5],
} as const satisfies Record<string, [number, number]>;

/** Where {@link boundBands} come from. */
export const imageBandSource = "runs of this protocol on CIFAR-10 in PyTorch, one per setting";

/** Why the bound with the measured μ is no theorem. */
export const measuredBoundSource =
  "Theorem 3.3 with the measured μ in the place of inf μ: often true at the edge, false as a theorem";

/** Judges the runs that interpolate against the bands; a statement without a run to judge does not hold. */
export function judgeBound(records: readonly MinimumRecord[]): Acceptance[] {
  const minima = minimaOf(records);
  const excluded = records.length - minima.length;
  // A start that is not known to be beyond the edge drives nothing; one that was not measured is not left out unseen.
  const driven = minima.filter((record) => !(startRatioOf(record)! <= 1));
  const stochastic = minima.filter((record) => !record.gradientDescent);
  const noisyDriven = driven.filter((record) => !record.gradientDescent);
  return [
    judge({
      kind: "evidence",
      statement: "SGD and GD that are driven to the edge stop at it: η/η* is near 1",
      samples: samplesOf(driven, ({ edgeRatio }) => edgeRatio),
      band: boundBands.edgeRatio,
      because: imageBandSource,
      excluded: records.length - driven.length,
      controls: [{ what: "before training, what η/η* of the start is at least", values: driven.map(startRatioOf) }],
    }),
    judge({
      kind: "heuristic",
      statement: "the paper's bound with the measured alignment is obeyed: ‖H‖_F·η·√(pμ) ≤ 1",
      samples: samplesOf(stochastic, ({ frobeniusRatio }) => frobeniusRatio),
      band: boundBands.frobeniusRatio,
      because: measuredBoundSource,
      excluded,
      controls: [{ what: "before training", values: stochastic.map(frobeniusRatioAtStart) }],
    }),
    judge({
      kind: "evidence",
      statement: "noise and curvature are aligned where SGD was driven to the edge: μ is of order 1",
      samples: samplesOf(noisyDriven, ({ alignmentFactor }) => alignmentFactor),
      band: boundBands.alignmentFactor,
      because: imageBandSource,
      excluded: records.length - noisyDriven.length,
      controls: [{ what: "isotropic noise of the same strength", values: noisyDriven.map(isotropicAtEnd) }],
      beside: [{ what: "before training", values: noisyDriven.map((record) => startOf(record)?.alignmentFactor) }],
    }),
  ];
}
