import { hessianOperator, gramSystem } from "@sgdscope/autodiff";
import { deflatedNorm } from "@sgdscope/hessian-estimators";
import { noiseStructure } from "@sgdscope/noise-structure";
import { exactThreshold, prepareMinimum, samplingFactor } from "@sgdscope/stability-criterion";
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
  const system = await gramSystem(model, params, data.inputs, data.targets);
  const minimum = prepareMinimum(system, { rankTolerance: float32RankTolerance });
  const noise = noiseStructure(system, { spectrum: minimum.spectrum });
  const { learningRate, batchSize } = task;
  // Batches of one epoch depend on each other; independent batches without replacement are the nearest model.
  const sampling = task.sampling === "epoch-shuffle" ? "without-replacement" : task.sampling;
  const p = samplingFactor(data.size, batchSize, sampling);
  const threshold = exactThreshold(minimum, { batchSize, sampling });
  const mu = noise.alignmentFactor;
  return {
    trace: noise.traceG,
    frobeniusNorm: noise.frobeniusG,
    hessianFrobeniusNorm: await hessianNorm(model, params, data, task.hessianProducts, random),
    largestEigenvalue: noise.largestEigenvalue,
    alignmentFactor: mu,
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
    verdict: learningRate <= threshold.criticalLearningRate ? "stable" : "unstable",
  };
}

/** μ, L and ‖G‖_F at one moment of a training. */
export async function measureAlignment(
  model: Applicable,
  params: NamedTensors,
  data: Dataset,
  step: number,
): Promise<AlignmentRecord> {
  const { loss, alignmentFactor, frobeniusG } = noiseStructure(
    await gramSystem(model, params, data.inputs, data.targets),
  );
  return { step, loss, alignmentFactor, frobeniusNorm: frobeniusG };
}

async function hessianNorm(
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
