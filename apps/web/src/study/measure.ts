import { analyseSync, decideConditions } from "@sgdscope/analysis";
import type { GramSystem } from "@sgdscope/noise-structure";
import type { Phase } from "../state/settings.js";

/** What the page shows of one point of a run. Plain data: it crosses from the worker to the page. */
export interface Measurement {
  step: number;
  learningRate: number;
  /** L = (1/2n) Σ r². */
  loss: number;
  /** ‖G‖_F, at a minimum ‖H‖_F. */
  frobeniusG: number;
  /** λ_max(G). */
  largestEigenvalue: number;
  /** μ, for Bernoulli batches μ₁; undefined where the loss is below 1e-20. */
  alignmentFactor: number | undefined;
  /** p: minibatch noise has covariance pΣ. */
  samplingFactor: number;
  /** The limit 1/(η√(pμ)) on ‖H‖_F, with replacement √(B/μ)/η; undefined where μ is, Infinity without noise. */
  frobeniusLimit: number | undefined;
  /** η*, exact. */
  criticalLearningRate: number;
  /** η/η*. */
  edgeRatio: number;
  /** ρ: factor of the expected loss per step in the long run, if this point is a minimum. */
  spectralRadius: number;
}

/** How a phase trains, as an analysis takes it: the run goes on, so nothing is said about whether it has converged. */
const reachedBy = ({ learningRate, batchSize, sampling }: Phase, step: number) => ({
  steps: step,
  converged: true,
  optimizer: { kind: "sgd" as const },
  learningRate,
  batchSize,
  sampling,
});

/** The sampling factor p of a phase for n examples. */
export const factorOf = (examples: number, phase: Phase): number =>
  decideConditions({ system: { examples }, reached: reachedBy(phase, 0) })[0]!.weights.noise;

/**
 * Everything the page shows, exactly, from the Gram matrix and the residuals. Cost: one eigendecomposition of n × n and some
 * twenty products of 3n³ operations each for η* and for ρ.
 *
 * @returns Undefined where the network is dead: a Gram matrix of zeros has no curvature to speak of.
 */
export function measure(system: GramSystem, step: number, phase: Phase): Measurement | undefined {
  if (system.gram.every((value) => value === 0)) return undefined;
  const { noise, conditions } = analyseSync(
    { name: "the network", system, loss: "square", precision: "float64", reached: reachedBy(phase, step) },
    { extent: "verdict" },
  );
  const { samplingFactor, alignmentFactor, threshold, verdict } = conditions[0]!;
  return {
    step,
    learningRate: phase.learningRate,
    loss: noise.loss,
    frobeniusG: noise.frobeniusG,
    largestEigenvalue: noise.largestEigenvalue,
    alignmentFactor,
    samplingFactor,
    frobeniusLimit: verdict!.frobeniusLimit,
    criticalLearningRate: threshold.criticalLearningRate,
    edgeRatio: verdict!.edgeRatio,
    spectralRadius: verdict!.growth.spectralRadius,
  };
}
