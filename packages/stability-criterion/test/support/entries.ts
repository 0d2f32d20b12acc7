import { NoiseStructureError } from "@sgdscope/noise-structure";
import { seededRandom } from "@sgdscope/random";
import * as bounds from "../../src/bounds.js";
import * as escape from "../../src/escape.js";
import * as root from "../../src/index.js";
import * as invariance from "../../src/invariance.js";
import * as optimizers from "../../src/optimizers.js";
import * as simulation from "../../src/simulation.js";
import * as stationary from "../../src/stationary.js";
import { problem } from "./problems.js";

export const { system } = problem([1, 0, 1, 0, 2, 0, 1, 1, 0], [1, -1, 2]);
const minimum = root.prepareMinimum(system);
const weights = root.samplingWeights(3, { batchSize: 2 });
const bernoulli = root.samplingWeights(3, { batchSize: 2, sampling: "bernoulli" });
export const of = (...values: number[]): Float64Array => Float64Array.from(values);

/** A public function with named arguments, in the order of its parameters. */
export interface Entry {
  arguments: Record<string, unknown>;
  call: (...values: never[]) => unknown;
}
const entry = (call: Entry["call"], named: Record<string, unknown>): Entry => ({ arguments: named, call });
const solver = { rankTolerance: 1e-10, tolerance: 1e-12, maxProducts: 400 };
const random = seededRandom(1);
const wells = { a: { loss: 0.1, curvatures: [2] }, b: { loss: 0.2, curvatures: [1] }, noise: 1 };
const point = { hessian: of(2, 1, 1, 3), noise: of(1, 0.5, 0.5, 1) };
const dynamics = { learningRate: 0.1, batchSize: 2, curvature: 1 };
const bound = (call: (one: root.PreparedMinimum, other: root.SamplingWeights) => unknown, own = weights): Entry =>
  entry(call, { minimum, weights: own });

/** Functions that draw batches from a Gram system: they refuse systems and batches that are none. */
export const batched: Record<string, Entry> = {
  criticalLearningRates: entry(root.criticalLearningRates, { system, options: { batchSize: 2, ...solver } }),
  stabilityBounds: entry(root.stabilityBounds, { system, options: { batchSize: 2, rankTolerance: 1e-10 } }),
  exactThreshold: entry(root.exactThreshold, { system, options: { batchSize: 2, ...solver } }),
  optimizerThreshold: entry(optimizers.optimizerThreshold, {
    system,
    options: { batchSize: 2, optimizer: { kind: "heavy-ball", momentum: 0.9, weightDecay: 0.1 }, ...solver },
  }),
  optimizerGrowth: entry(optimizers.optimizerGrowth, {
    system,
    learningRate: 0.3,
    options: { batchSize: 2, optimizer: { kind: "nesterov", momentum: 0.9, weightDecay: 0.1 }, ...solver },
  }),
  spectralRadius: entry(root.spectralRadius, { system, learningRate: 0.3, options: { batchSize: 2, ...solver } }),
  expectedLoss: entry(root.expectedLoss, {
    system,
    options: { batchSize: 2, learningRate: 0.3, steps: 3, rankTolerance: 1e-10 },
  }),
  oneStepLoss: entry(root.oneStepLoss, { system, learningRate: 0.3, batches: { batchSize: 2 } }),
  secondMomentStep: entry(root.secondMomentStep, {
    system,
    moment: of(1, 0, 0, 0, 1, 0, 0, 0, 1),
    learningRate: 0.3,
    batches: { batchSize: 2 },
  }),
  stationaryCovariance: entry(stationary.stationaryCovariance, {
    system,
    options: { batchSize: 2, learningRate: 0.3, ...solver },
  }),
  escapeDirections: entry(escape.escapeDirections, {
    system,
    options: { batchSize: 2, learningRate: 2, directions: 1, steps: 2, ...solver },
  }),
  thresholdComparison: entry(root.thresholdComparison, { system, options: { batchSizes: [2], ...solver } }),
  lyapunovExponent: entry(simulation.lyapunovExponent, {
    system,
    options: { batchSize: 2, learningRate: 0.3, random, steps: 20, burnIn: 2, paths: 2, rankTolerance: 1e-10 },
  }),
  simulateResiduals: entry(simulation.simulateResiduals, {
    system,
    options: { batchSize: 2, learningRate: 0.3, random, steps: 3 },
  }),
};

const rest: Record<string, Entry> = {
  prepareMinimum: entry(root.prepareMinimum, { system, options: { rankTolerance: 1e-10 } }),
  batchSharpness: entry(root.batchSharpness, { system }),
  samplingFactor: entry(root.samplingFactor, { examples: 3, batchSize: 2, sampling: "bernoulli" }),
  samplingWeights: entry(root.samplingWeights, { examples: 3, batches: { batchSize: 2 } }),
  batchSource: entry(simulation.batchSource, { examples: 3, batches: { batchSize: 2 }, random }),
  escapeRateLowerBound: entry(root.escapeRateLowerBound, { minimum, learningRate: 1, batches: { batchSize: 2 } }),
  criticalSharpness: entry(root.criticalSharpness, {
    lossAt: (x: number) => (x - 1) ** 2,
    options: { learningRate: 0.1, tolerance: 0.1, doublings: 20 },
  }),
  kernelNorm: entry(root.kernelNorm, { minimum, learningRate: 0.1, batchSize: 2 }),
  testMatrixBound: entry(bounds.testMatrixBound, { minimum, weights, moment: of(1, 0, 0, 0, 1, 0, 0, 0, 1) }),
  sharpnessRegion: entry(bounds.sharpnessRegion, { learningRate: 0.1, examples: 3, batches: { batchSize: 2 } }),
  inputGradientBound: entry(bounds.inputGradientBound, {
    options: { firstLayerNorm: 1, firstLayerGradientNorm: 2, inputNorm: 3 },
  }),
  meanSquaredErrorFactor: entry(root.meanSquaredErrorFactor, { outputs: 2 }),
  regularMinimum: entry(stationary.regularMinimum, {
    options: { hessians: of(2, 1, 1), gradients: of(1, 0, -1), parameters: 1, learningRate: 0.1, batchSize: 2 },
  }),
  coherence: entry(bounds.coherence, { minimum }),
  nonUniformity: entry(bounds.nonUniformity, { minimum }),
  gradientDescentBound: entry(bounds.gradientDescentBound, { minimum }),
  worstCaseAlignmentBound: bound(bounds.worstCaseAlignmentBound),
  measuredAlignmentBound: bound(bounds.measuredAlignmentBound),
  uncentredAlignmentBound: bound(bounds.uncentredAlignmentBound),
  traceBound: bound(bounds.traceBound),
  traceJensenBound: bound(bounds.traceJensenBound),
  simpleTraceBound: bound(bounds.simpleTraceBound),
  chiBound: bound(bounds.chiBound),
  chiJensenBound: bound(bounds.chiJensenBound),
  frobeniusBound: bound(bounds.frobeniusBound),
  topEigenvectorBound: bound(bounds.topEigenvectorBound),
  rankOneBound: bound(bounds.rankOneBound),
  wuMaEBound: bound(bounds.wuMaEBound),
  coherenceBound: bound(bounds.coherenceBound, bernoulli),
  bestCaseCoherenceBound: bound(bounds.bestCaseCoherenceBound, bernoulli),
  noiseStructureAt: entry(root.noiseStructureAt, { minimum }),
  alignmentFactorFor: bound(root.alignmentFactorFor),
  worstCaseAlignmentFactorFor: bound(root.worstCaseAlignmentFactorFor),
  decoupledBound: bound(bounds.decoupledBound),
  decoupledWithGradientBound: bound(bounds.decoupledWithGradientBound),
  gaussianInputsBound: bound(bounds.gaussianInputsBound),
  structuredNoiseThreshold: entry(root.structuredNoiseThreshold, {
    eigenvalues: of(2, 1),
    noise: 0.5,
    c: 0,
    outputs: 2,
  }),
  isotropicNoiseThreshold: entry(root.isotropicNoiseThreshold, { eigenvalues: of(2, 1), noise: 0.5, variance: 2 }),
  gaussianThreshold: entry(root.gaussianThreshold, { spectrum: of(2, 1), batchSize: 2 }),
  decoupledThreshold: entry(root.decoupledThreshold, { spectrum: of(2, 1), batchSize: 2 }),
  decoupledStabilitySum: entry(root.decoupledStabilitySum, { spectrum: of(2, 1), learningRate: 0.1, batchSize: 2 }),
  isotropicGaussianThreshold: entry(root.isotropicGaussianThreshold, {
    options: { dimension: 2, curvature: 1, batchSize: 2 },
  }),
  noiseModelStability: entry(escape.noiseModelStability, {
    model: "loss-scaled aligned",
    options: { eigenvalues: of(2, 1), learningRate: 0.1, noise: 0.5, strength: 1 },
  }),
  noiseAblation: entry(escape.noiseAblation, {
    options: { eigenvalues: of(2, 1), parameters: 4, learningRate: 0.1, noise: 0.5, loss: 1 },
  }),
  momentThreshold: entry(root.momentThreshold, { curvatures: [1, 5], order: 2 }),
  pathExponent: entry(root.pathExponent, { curvatures: [1, 5], learningRate: 0.1 }),
  almostSureStability: entry(root.almostSureStability, { curvatures: [1, 5] }),
  decoupledGrowth: entry(escape.decoupledGrowth, { eigenvalues: of(2, 1), learningRate: 1, noise: 0.5 }),
  outsideRatio: entry(escape.outsideRatio, { eigenvalues: of(2, 1), secondMoments: of(1, 1), directions: 1 }),
  reparametrized: entry(invariance.reparametrized, { point, jacobian: of(1, 0, 1, 1) }),
  invarianceReport: entry(invariance.invarianceReport, {
    before: point,
    after: point,
    options: { tolerance: 1e-8, rankTolerance: 1e-12 },
  }),
  stationaryCovarianceWithMomentum: entry(stationary.stationaryCovarianceWithMomentum, {
    dynamics: { ...point, learningRate: 0.1, momentum: 0.5 },
  }),
  heavyBallLearningRate: entry(stationary.heavyBallLearningRate, { averagedLearningRate: 0.1, momentum: 0.5 }),
  momentumEdge: entry(stationary.momentumEdge, { curvature: 1, momentum: 0.5 }),
  epochShuffleVariance: entry(stationary.epochShuffleVariance, {
    options: { curvature: 1, noise: 1, learningRate: 0.1, batchesPerEpoch: 5 },
  }),
  learningRateForVariance: entry(stationary.learningRateForVariance, {
    options: { curvature: 1, noise: 1, variance: 1, momentum: 0.5 },
  }),
  logLossTemperature: entry(escape.logLossTemperature, { dynamics }),
  quasiStationaryExponent: entry(escape.quasiStationaryExponent, { dynamics }),
  criticalDimension: entry(escape.criticalDimension, { dynamics }),
  logBarrier: entry(escape.logBarrier, { lossAtMinimum: 1, lossAtSaddle: 2 }),
  escapeRate: entry(escape.escapeRate, {
    route: {
      lossAtMinimum: 1,
      lossAtSaddle: 2,
      minimumCurvatures: [1, 2],
      saddleCurvatures: [-1, 2],
      learningRate: 0.1,
      batchSize: 2,
    },
  }),
  meanFirstPassageTime: entry(escape.meanFirstPassageTime, {
    problem: { loss: () => 1, temperature: 1, from: 0, to: 1, wall: -1, dimension: 1, tolerance: 1e-6 },
  }),
  finiteLearningRateEscape: entry(escape.finiteLearningRateEscape, {
    options: { barrier: 1, curvature: 1, noise: 1, learningRate: 0.1, momentum: 0.5 },
  }),
  boltzmannNoise: entry(escape.boltzmannNoise, { options: { learningRate: 0.1, batchSize: 2, variance: 1 } }),
  laplaceOdds: entry(escape.laplaceOdds, wells),
  crossoverNoise: entry(escape.crossoverNoise, { a: wells.a, b: wells.b }),
  lossFloor: entry(stationary.lossFloor, { minimum }),
  isPlainSgd: entry(optimizers.isPlainSgd, { optimizer: { kind: "heavy-ball", momentum: 0.9, weightDecay: 0.1 } }),
  decoupledOptimizerThreshold: entry(optimizers.decoupledOptimizerThreshold, {
    minimum,
    options: { optimizer: { kind: "nesterov", momentum: 0.9, weightDecay: 0.1 }, batchSize: 2 },
  }),
  meanEdge: entry(optimizers.meanEdge, {
    optimizer: { kind: "heavy-ball", momentum: 0.9, weightDecay: 0.1 },
    largestEigenvalue: 2,
  }),
  samEdge: entry(optimizers.samEdge, { options: { learningRate: 0.1, radius: 0.05, gradientNorm: 2 } }),
  gaussianKernelNorm: entry(root.gaussianKernelNorm, { spectrum: of(2, 1), learningRate: 0.1, batchSize: 2 }),
  epsilonSharpness: entry(invariance.epsilonSharpness, {
    options: {
      loss: ([t]: Float64Array) => t! ** 2,
      gradient: ([t]: Float64Array) => of(2 * t!),
      point: of(0),
      radius: 1,
      steps: 3,
    },
  }),
  logBasinWeight: entry(escape.logBasinWeight, { options: { loss: () => 1, noise: 1, breakpoints: [0, 1] } }),
};

export const entries: Record<string, Entry> = { ...batched, ...rest };
export const run = ({ call }: Entry, named: Record<string, unknown>): unknown =>
  call(...(Object.values(named) as never[]));

/** Prepared minima and sampling weights come from functions that have checked already. */
export const opaque = (value: unknown): boolean => value === minimum || value === weights || value === bernoulli;

/** What a call does: the error as text, or that there was none. */
export function outcome(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof root.StabilityError || error instanceof NoiseStructureError)
      return `${error.code} ${error.message}`;
    throw error;
  }
  return "no error";
}
