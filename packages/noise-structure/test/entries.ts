import * as gaussianDesign from "../src/gaussian-design.js";
import * as root from "../src/index.js";
import * as losses from "../src/losses.js";
import * as noiseScales from "../src/noise-scale.js";
import * as tail from "../src/tail.js";

export const of = (...values: number[]): Float64Array => Float64Array.from(values);
const shape = { examples: 3, outputs: 1 };
const jacobian = of(1, 0, 1, 0, 2, 0, 1, 1, 0);
export const system = root.gramSystemFromJacobian(jacobian, of(1, -1, 2), shape);
export const structure = root.noiseStructure(system);
const identity = of(1, 0, 0, 1);
const design = { covariance: identity, offset: of(1, 2), labelVariance: 0.1, jacobian: of(1, 0, 2, 1) };
const inputs = { outputs: of(1, 2, 3), targets: of(0, 1, 1), loss: losses.logisticLoss(), weights: of(1, 2, 1) };
const norms = { smallSquaredNorms: [5.1, 4.7], largeSquaredNorms: [2.2, 1.9] };

/** A public function with named arguments, in the order of its parameters. */
export interface Entry {
  arguments: Record<string, unknown>;
  call: (...values: never[]) => unknown;
}
const entry = (call: Entry["call"], named: Record<string, unknown>): Entry => ({ arguments: named, call });

/** Functions of a Gram system, those that decompose it last. */
export const systems: Record<string, Entry> = {
  checkGramSystem: entry(root.checkGramSystem, {
    system,
    caller: "checkGramSystem",
    options: { symmetryTolerance: 1e-5 },
  }),
  noiseStructure: entry(root.noiseStructure, { system, options: { eigenvalues: 2 } }),
  chiBlocks: entry(root.chiBlocks, { system }),
  afterGradientStep: entry(root.afterGradientStep, { system, learningRate: 0.1 }),
  noiseStrength: entry(root.noiseStrength, { system }),
  decoupling: entry(root.decoupling, { system }),
  decouplingSpectra: entry(root.decouplingSpectra, { system }),
  directionalAlignment: entry(root.directionalAlignment, { system, options: { rankTolerance: 1e-10, count: 2 } }),
  gramSpectrum: entry(root.gramSpectrum, { system, options: { rankTolerance: 1e-10, negativeTolerance: 1e-5 } }),
  alignmentRange: entry(root.alignmentRange, { system, options: { rankTolerance: 1e-10 } }),
};

/** Functions that draw batches. */
export const batched: Record<string, Entry> = {
  noiseWeights: entry(root.noiseWeights, { batches: { examples: 3, batchSize: 2 } }),
  noiseCovariance: entry(root.noiseCovariance, { gradients: jacobian, batches: { examples: 3, batchSize: 2 } }),
  expectedImbalanceStep: entry(root.expectedImbalanceStep, {
    balance: { centred: 1, gradient: 1 },
    learningRate: 0.1,
    batches: { examples: 3, batchSize: 2 },
  }),
};

const rest: Record<string, Entry> = {
  gramSystemFromJacobian: entry(root.gramSystemFromJacobian, { jacobian, residuals: of(1, -1, 2), shape }),
  alignmentAlong: entry(root.alignmentAlong, { derivatives: [1, 2, 3], residuals: [1, -1, 2], shape }),
  noiseStrengthFromNorms: entry(root.noiseStrengthFromNorms, { gradientNorms: [1, 2, 3], gradientNorm: 1 }),
  fitNoiseStrength: entry(root.fitNoiseStrength, { losses: [1, 2, 4], strengths: [1, 2.1, 3.9] }),
  sampledAlignment: entry(root.sampledAlignment, {
    draws: { first: [1, 2], second: [2, 1], firstResiduals: [1, -1], secondResiduals: [1, 2] },
  }),
  effectiveDimension: entry(gaussianDesign.effectiveDimension, { spectrum: [1, 0.5] }),
  logLossPower: entry(root.logLossPower, { losses: [1, 2, 4, 3], options: { minimumLoss: 0.5, dimensions: 1 } }),
  noiseScale: entry(noiseScales.noiseScale, { structure }),
  optimalStep: entry(noiseScales.optimalStep, { structure, batchSize: 2 }),
  twoBatchNoiseScale: entry(noiseScales.twoBatchNoiseScale, {
    norms: { smallBatch: 4, largeBatch: 32, ...norms },
    options: { sampling: "without-replacement", examples: 100 },
  }),
  workerNoiseScale: entry(noiseScales.workerNoiseScale, {
    norms: { workers: 8, batchSize: 4, meanSquaredNorms: [5.1, 4.7], averagedSquaredNorms: [2.2, 1.9] },
    options: { sampling: "without-replacement", examples: 100 },
  }),
  cloudWidth: entry(noiseScales.cloudWidth, {
    iterates: of(1, 2, 3, 4, 5, 6, 7, 8),
    directions: of(1, 0),
    shape: { iterates: 4, parameters: 2 },
    options: { predictedVariances: [1], centre: [0, 0], blocks: 2 },
  }),
  gaussianNoise: entry(gaussianDesign.gaussianNoise, { design }),
  gaussianAlignmentAlong: entry(gaussianDesign.gaussianAlignmentAlong, { design, v: of(1, 1) }),
  gaussianMinibatchCovariance: entry(gaussianDesign.gaussianMinibatchCovariance, {
    design: { inputCovariance: identity, parameterCovariance: identity, labelVariance: 0.1, batchSize: 2 },
  }),
  gaussianStationary: entry(gaussianDesign.gaussianStationary, {
    spectrum: [1, 0.5],
    dynamics: { learningRate: 0.1, batchSize: 2, momentum: 0.5, labelVariance: 0.1 },
  }),
  gaussianRegularizedLoss: entry(gaussianDesign.gaussianRegularizedLoss, {
    spectrum: [1, 0.5],
    weightDecay: [0.1, 0.1],
    teacher: [1, 1],
    dynamics: { learningRate: 0.1, batchSize: 2 },
  }),
  minimumNoise: entry(gaussianDesign.minimumNoise, {
    minimum: { hessian: identity, loss: 1, batchSize: 2, weightDecayGradient: of(1, 0), fluctuation: identity },
  }),
  oneDimensionalDensity: entry(gaussianDesign.oneDimensionalDensity, {
    law: "decoupled",
    dynamics: { learningRate: 0.1, batchSize: 2, curvature: 1, labelVariance: 0.1 },
  }),
  squareLoss: entry(losses.squareLoss, {}),
  logisticLoss: entry(losses.logisticLoss, { options: { labelSmoothing: 0.1 } }),
  poissonLoss: entry(losses.poissonLoss, {}),
  crossEntropyLoss: entry(losses.crossEntropyLoss, { options: { labelSmoothing: 0.1 } }),
  huberLoss: entry(losses.huberLoss, { options: { delta: 2 } }),
  pseudoHuberLoss: entry(losses.pseudoHuberLoss, { options: { delta: 2 } }),
  lossNamed: entry(losses.lossNamed, { id: "huber", options: { delta: 2 } }),
  convexLoss: entry(losses.convexLoss, { loss: { id: "own", rankTolerance: 1e-12 } }),
  leastMeanLoss: entry(losses.leastMeanLoss, { loss: losses.logisticLoss(), targets: of(1, 0, 1), shape }),
  labelRows: entry(losses.labelRows, { labels: [0, 1], classes: 2 }),
  lossDerivatives: entry(losses.lossDerivatives, { inputs, shape }),
  generalisedGramSystem: entry(losses.generalisedGramSystem, { source: { jacobian }, inputs, shape }),
  rescalingBalance: entry(root.rescalingBalance, {
    groups: { examples: 2, first: of(1, 2), second: of(1, 2), parameters: { first: [1], second: [1] } },
  }),
  sampledBatchSharpness: entry(noiseScales.sampledBatchSharpness, { steps: { curvatures: [1, 2], slopes: [1, 3] } }),
  sampledUpdateSharpness: entry(noiseScales.sampledUpdateSharpness, { steps: { curvatures: [1, 2], slopes: [1, 3] } }),
  empiricalTailIndex: entry(tail.empiricalTailIndex, { multipliers: [0.5, 1.2, 0.3] }),
  gaussianTailIndex: entry(tail.gaussianTailIndex, { product: 1, batchSize: 4 }),
  gaussianTailFormula: entry(tail.gaussianTailFormula, { product: 1, batchSize: 4 }),
  hillEstimate: entry(tail.hillEstimate, { samples: [1, 2, 3, 4], options: { count: 2 } }),
};

export const entries: Record<string, Entry> = { ...systems, ...batched, ...rest };
export const run = ({ call }: Entry, named: Record<string, unknown>): unknown =>
  call(...(Object.values(named) as never[]));

/** What a call does: the error as text, or that there was none. */
export function outcome(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof root.NoiseStructureError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "no error";
}
