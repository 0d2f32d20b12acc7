export { stabilityBounds } from "./bounds/all.js";
export { alignmentFactorFor, escapeRateLowerBound, worstCaseAlignmentFactorFor } from "./bounds/alignment.js";
export type { Bound, BoundDefinition, BoundFunction, BoundKind, Evidence } from "./bounds/bound.js";
export { boundDefinition, boundDefinitions, type BoundId } from "./bounds/registry.js";
export { isotropicNoiseThreshold, structuredNoiseThreshold } from "./bounds/structured-noise.js";
export { meanSquaredErrorFactor } from "./conversion.js";
export { batchSharpness } from "./edge/batch-sharpness.js";
export { criticalSharpness, type CriticalSharpness, type CriticalSharpnessOptions } from "./edge/critical-sharpness.js";
export { gaussianKernelNorm } from "./edge/gaussian-kernel-norm.js";
export { kernelNorm } from "./edge/kernel-norm.js";
export { StabilityError, type StabilityErrorCode } from "./errors.js";
export { expectedLoss, type ExpectedLoss } from "./growth/expected-loss.js";
export {
  almostSureStability,
  momentThreshold,
  pathExponent,
  type AlmostSureStability,
} from "./growth/one-dimension.js";
export { oneStepLoss, type OneStepLoss } from "./growth/one-step.js";
export { secondMomentStep } from "./growth/second-moment.js";
export { spectralRadius, type GrowthOptions, type SpectralRadius } from "./growth/spectral-radius.js";
export { noiseStructureAt, prepareMinimum, type PreparedMinimum } from "./minimum.js";
export { samplingFactor, samplingWeights, type Batches, type Sampling, type SamplingWeights } from "./sampling.js";
export { thresholdComparison, type ThresholdComparison } from "./threshold/comparison.js";
export { exactThreshold, type ExactThreshold, type SolverOptions } from "./threshold/exact.js";
export { criticalLearningRates } from "./threshold/table.js";
export { thresholdInterval, type ThresholdInterval } from "./threshold/interval.js";
export { truncateMinimum, type TruncatedMinimum } from "./threshold/truncated-minimum.js";
export {
  decoupledStabilitySum,
  decoupledThreshold,
  gaussianThreshold,
  isotropicGaussianThreshold,
} from "./threshold/ziyin2022gaussian.js";
