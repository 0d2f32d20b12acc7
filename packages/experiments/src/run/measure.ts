import { hessianOperator, gramSystem } from "@sgdscope/autodiff";
import { deflatedNorm } from "@sgdscope/hessian-estimators";
import { noiseStrength, noiseStructure, type GramSystem } from "@sgdscope/noise-structure";
import {
  exactThreshold,
  prepareMinimum,
  rankOneBound,
  samplingFactor,
  samplingWeights,
  topEigenvectorBound,
  type Batches,
  type Sampling,
} from "@sgdscope/stability-criterion";
import type * as tf from "@tensorflow/tfjs-core";
import type { AlignmentRecord, MinimumMeasurement } from "./record.js";
import type { MinimumTask } from "./task.js";

type NamedTensors = Record<string, tf.Tensor>;

/** The part of a model that is measured. */
interface Applicable {
  apply(params: NamedTensors, x: tf.Tensor): tf.Tensor;
}

/** Inputs [size, ...inputShape] and targets [size, outputs], row-major. */
interface Dataset {
  size: number;
  inputShape: number[];
  outputs: number;
  inputs: Float32Array;
  targets: Float32Array;
}

/** A Gram matrix computed in Float32 carries rounding eigenvalues of about 1e-7 of its largest; below this they are left out. */
export const float32RankTolerance = 1e-6;

/**
 * Everything the records hold about one point: exact from the n·C × n·C Gram matrix, and ‖H‖_F from Hessian-vector products.
 *
 * @param params - Not disposed.
 * @param random - Probes of ‖H‖_F.
 */
export async function measureMinimum(
  model: Applicable,
  params: NamedTensors,
  data: Dataset,
  task: Pick<MinimumTask, "learningRate" | "batchSize" | "sampling" | "hessianProducts">,
  random: () => number,
): Promise<MinimumMeasurement> {
  return {
    ...minimumOf(await gramSystem(model, params, data.inputs, data.targets), task, float32RankTolerance),
    hessianFrobeniusNorm: await hessianNorm(model, params, data, task.hessianProducts, random),
  };
}

/**
 * What the Gram system says of a minimum where SGD of this task stands; exact.
 *
 * @param rankTolerance - See `prepareMinimum`; {@link float32RankTolerance} for a Gram matrix that was computed in Float32.
 */
export function minimumOf(
  system: GramSystem,
  task: Pick<MinimumTask, "learningRate" | "batchSize" | "sampling">,
  rankTolerance: number,
): MinimumMeasurement {
  const minimum = prepareMinimum(system, { rankTolerance });
  const noise = noiseStructure(system, { spectrum: minimum.spectrum });
  const { learningRate, batchSize } = task;
  const batches = batchesOf(task);
  const p = samplingFactor(system.examples, batchSize, batches.sampling);
  const weights = samplingWeights(system.examples, batches);
  const threshold = exactThreshold(minimum, batches);
  const mu = noise.alignmentFactor;
  const { infimum, supremum } = minimum.alignmentRange();
  return {
    trace: noise.traceG,
    frobeniusNorm: noise.frobeniusG,
    hessianFrobeniusNorm: undefined,
    largestEigenvalue: noise.largestEigenvalue,
    alignmentFactor: mu,
    alignmentRange: [infimum, supremum],
    alignmentFactorUncentred: noise.uncentredAlignmentFactor,
    directionAlignment: noise.directionAlignment,
    magnitudeAlignment: noise.noiseMagnitude,
    samplingFactor: p,
    frobeniusBound: mu === undefined || p === 0 ? undefined : 1 / (learningRate * Math.sqrt(p * mu)),
    frobeniusRatio: mu === undefined || p === 0 ? undefined : noise.frobeniusG * learningRate * Math.sqrt(p * mu),
    scaledNorm: (noise.frobeniusG * learningRate) / Math.sqrt(batchSize),
    criticalLearningRate: threshold.criticalLearningRate,
    edgeRatio: learningRate / threshold.criticalLearningRate,
    descentRatio: (learningRate * noise.largestEigenvalue) / 2,
    traceRatio: (p * noise.traceG * learningRate) / 2,
    rankOneRatio: learningRate / rankOneBound(minimum, weights).criticalLearningRate,
    topEigenvectorRatio: learningRate / topEigenvectorBound(minimum, weights).criticalLearningRate,
    verdict: learningRate <= threshold.criticalLearningRate ? "stable" : "unstable",
  };
}

/** Batches of one epoch depend on each other; independent batches without replacement are the nearest model. */
const batchesOf = ({
  batchSize,
  sampling,
}: Pick<MinimumTask, "batchSize" | "sampling">): Batches & { sampling: Sampling } => ({
  batchSize,
  sampling: sampling === "epoch-shuffle" ? "without-replacement" : sampling,
});

/** η/η* of the Gauss–Newton model at a point. Cost one eigendecomposition and one exact threshold. */
export function edgeRatioOf(
  system: GramSystem,
  task: Pick<MinimumTask, "learningRate" | "batchSize" | "sampling">,
  rankTolerance: number,
): number {
  const minimum = prepareMinimum(system, { rankTolerance });
  return task.learningRate / exactThreshold(minimum, batchesOf(task)).criticalLearningRate;
}

/** The structure of the noise at one moment of a training. */
export async function measureAlignment(
  model: Applicable,
  params: NamedTensors,
  data: Dataset,
  step: number,
): Promise<AlignmentRecord> {
  return alignmentOf(await gramSystem(model, params, data.inputs, data.targets), step);
}

/** The structure of the noise that a Gram system has, as the record of a step. Cost O((nC)²). */
export function alignmentOf(system: GramSystem, step: number): AlignmentRecord {
  const noise = noiseStructure(system);
  return {
    step,
    loss: noise.loss,
    alignmentFactor: noise.alignmentFactor,
    frobeniusNorm: noise.frobeniusG,
    alignmentFactorUncentred: noise.uncentredAlignmentFactor,
    directionAlignment: noise.directionAlignment,
    magnitudeAlignment: noise.noiseMagnitude,
    decouplingError: noise.decouplingError,
    trace: noise.traceG,
    noiseStrength: noiseStrength(system).strength,
  };
}

/** ‖H‖_F by Hessian-vector products; undefined for none. */
export async function hessianNorm(
  model: Applicable,
  params: NamedTensors,
  data: Dataset,
  products: number,
  random: () => number,
): Promise<MinimumMeasurement["hessianFrobeniusNorm"]> {
  if (products === 0) return undefined;
  const operator = hessianOperator(model, params, data);
  try {
    const { value, standardError, matvecs } = await deflatedNorm(operator, { maxMatvecs: products, random });
    return { value, standardError, matvecs };
  } finally {
    operator.dispose();
  }
}
