export {
  noiseAblation,
  noiseModelStability,
  type NoiseModel,
  type NoiseModelStability,
} from "./ablation/noise-models.js";
export { stabilityBounds } from "./bounds/all.js";
export {
  alignmentFactorFor,
  escapeRateLowerBound,
  measuredAlignmentBound,
  uncentredAlignmentBound,
  worstCaseAlignmentBound,
  worstCaseAlignmentFactorFor,
} from "./bounds/alignment.js";
export type { Bound, BoundDefinition, BoundFunction, BoundKind, Evidence } from "./bounds/bound.js";
export { chiBound, chiJensenBound, frobeniusBound } from "./bounds/chi.js";
export { bestCaseCoherenceBound, coherence, coherenceBound } from "./bounds/dexter2024coherence.js";
export { boundDefinition, boundDefinitions, type BoundId } from "./bounds/registry.js";
export { gradientDescentBound } from "./bounds/gradient-descent.js";
export { inputGradientBound } from "./bounds/ma2021input-gradient.js";
export { rankOneBound, topEigenvectorBound } from "./bounds/rank-one.js";
export {
  decoupledBound,
  decoupledWithGradientBound,
  gaussianInputsBound,
  isotropicNoiseThreshold,
  structuredNoiseThreshold,
} from "./bounds/structured-noise.js";
export { simpleTraceBound, traceBound, traceJensenBound } from "./bounds/trace.js";
export { testMatrixBound } from "./bounds/test-matrix.js";
export { nonUniformity, sharpnessRegion, wuMaEBound } from "./bounds/wu2018sgd.js";
export { meanSquaredErrorFactor } from "./conversion.js";
export { batchSharpness } from "./edge/batch-sharpness.js";
export { gaussianKernelNorm } from "./edge/gaussian-kernel-norm.js";
export { kernelNorm } from "./edge/kernel-norm.js";
export { StabilityError, type StabilityErrorCode } from "./errors.js";
export { logBasinWeight } from "./escape/boltzmann.js";
export {
  decoupledGrowth,
  escapeDirections,
  outsideRatio,
  type DecoupledGrowth,
  type EscapeDirections,
} from "./escape/directions.js";
export { finiteLearningRateEscape, type FiniteLearningRateEscape } from "./escape/finite-learning-rate.js";
export { meanFirstPassageTime, type FirstPassageTime } from "./escape/first-passage.js";
export { boltzmannNoise, crossoverNoise, laplaceOdds, type Well } from "./escape/jastrzebski2017two-wells.js";
export {
  criticalDimension,
  escapeRate,
  logBarrier,
  logLossTemperature,
  quasiStationaryExponent,
  type EscapeRate,
  type EscapeRoute,
  type LogLossDynamics,
} from "./escape/mori2022power-law.js";
export { expectedLoss, type ExpectedLoss } from "./growth/expected-loss.js";
export {
  almostSureStability,
  momentThreshold,
  pathExponent,
  type AlmostSureStability,
} from "./growth/one-dimension.js";
export { oneStepLoss, type OneStepLoss } from "./growth/one-step.js";
export { secondMomentStep } from "./growth/second-moment.js";
export { spectralRadius, type SpectralRadius } from "./growth/spectral-radius.js";
export { epsilonSharpness, type EpsilonSharpness } from "./invariance/dinh2017sharpness.js";
export {
  invarianceReport,
  reparametrized,
  type CriticalPoint,
  type MeasureComparison,
  type MeasureName,
} from "./invariance/reparametrization.js";
export { noiseStructureAt, prepareMinimum, type PreparedMinimum } from "./minimum.js";
export { samplingFactor, samplingWeights, type Batches, type Sampling, type SamplingWeights } from "./sampling.js";
export { batchSource } from "./simulation/batches.js";
export { lyapunovExponent, type PathExponentEstimate } from "./simulation/lyapunov.js";
export { simulateResiduals, type ResidualPath } from "./simulation/residuals.js";
export { heavyBallLearningRate, learningRateForVariance, momentumEdge } from "./stationary/heavy-ball.js";
export {
  stationaryCovarianceWithMomentum,
  type MomentumCovariance,
  type MomentumDynamics,
  type StationaryMethod,
} from "./stationary/momentum.js";
export { regularMinimum, type RegularMinimum } from "./stationary/regular-minimum.js";
export { stationaryCovariance, type StationaryCovariance } from "./stationary/mulayoff2024covariance.js";
export { thresholdComparison, type ThresholdComparison } from "./threshold/comparison.js";
export { exactThreshold, type ExactThreshold, type SolverOptions } from "./threshold/exact.js";
export { criticalLearningRates } from "./threshold/table.js";
export {
  decoupledStabilitySum,
  decoupledThreshold,
  gaussianThreshold,
  isotropicGaussianThreshold,
} from "./threshold/ziyin2022gaussian.js";
