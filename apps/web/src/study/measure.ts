import type { GramSystem } from "@sgdscope/noise-structure";
import { noiseStructure } from "@sgdscope/noise-structure";
import {
  exactThreshold,
  prepareMinimum,
  samplingWeights,
  spectralRadius,
  type Sampling as TheorySampling,
} from "@sgdscope/stability-criterion";
import type { Phase } from "../state/settings.js";

/** What the page shows of one point of a run. Plain data: it crosses from the worker to the page. */
export interface Measurement {
  step: number;
  learningRate: number;
  /** L = (1/2n) Σ r². */
  loss: number;
  /** ‖G‖_F, at a minimum ‖H‖_F. */
  frobenius: number;
  /** λ_max(G). */
  largestEigenvalue: number;
  /** μ, for Bernoulli batches μ₁; undefined where the loss is below 1e-20. */
  alignment: number | undefined;
  /** p: minibatch noise has covariance pΣ. */
  samplingFactor: number;
  /** The limit 1/(η√(pμ)) on ‖H‖_F, with replacement √(B/μ)/η; undefined where μ is, Infinity without noise. */
  bound: number | undefined;
  /** η*, exact. */
  criticalLearningRate: number;
  /** η/η*. */
  ratio: number;
  /** ρ: factor of the expected loss per step in the long run, if this point is a minimum. */
  growthPerStep: number;
}

/** Relative accuracy of η* and ρ: far below what a figure shows. */
const TOLERANCE = 1e-7;

/** The sampling whose theory is applied: shuffled epochs have none, and get that of batches without replacement. */
const theoryOf = (sampling: Phase["sampling"]): TheorySampling =>
  sampling === "epoch-shuffle" ? "without-replacement" : sampling;

/** The sampling factor p of a phase for n examples. */
export const factorOf = (examples: number, { batchSize, sampling }: Phase): number =>
  samplingWeights(examples, { batchSize, sampling: theoryOf(sampling) }).noise;

/**
 * Everything the page shows, exactly, from the Gram matrix and the residuals. Cost: one eigendecomposition of n × n and some
 * twenty products of 3n³ operations each for η* and for ρ.
 *
 * @returns Undefined where the network is dead: a Gram matrix of zeros has no curvature to speak of.
 */
export function measure(system: GramSystem, step: number, phase: Phase): Measurement | undefined {
  if (system.gram.every((value) => value === 0)) return undefined;
  const { learningRate, batchSize } = phase;
  const batches = { batchSize, sampling: theoryOf(phase.sampling), tolerance: TOLERANCE };
  const minimum = prepareMinimum(system);
  const structure = noiseStructure(system, { spectrum: minimum.spectrum });
  const { criticalLearningRate } = exactThreshold(minimum, batches);
  const { spectralRadius: growthPerStep } = spectralRadius(minimum, learningRate, batches);
  const samplingFactor = factorOf(system.examples, phase);
  const alignment = phase.sampling === "bernoulli" ? structure.uncentredAlignmentFactor : structure.alignmentFactor;
  return {
    step,
    learningRate,
    loss: structure.loss,
    frobenius: structure.frobeniusG,
    largestEigenvalue: structure.largestEigenvalue,
    alignment,
    samplingFactor,
    bound: alignment === undefined ? undefined : 1 / (learningRate * Math.sqrt(samplingFactor * alignment)),
    criticalLearningRate,
    ratio: learningRate / criticalLearningRate,
    growthPerStep,
  };
}
