export { alignmentRange, chiBlocks, type AlignmentRange } from "./alignment-range.js";
export { directionalAlignment, type DirectionalAlignment } from "./directional.js";
export { NoiseStructureError, type NoiseStructureErrorCode } from "./errors.js";
export { afterGradientStep, checkGramSystem, gramSystemFromJacobian, type GramSystem } from "./gram-system.js";
export {
  noiseStructure,
  SMALLEST_LOSS,
  type NoiseStructure,
  type NoiseStructureOptions,
  type Undefined,
} from "./noise-structure.js";
export { gramSpectrum, type GramSpectrum, type RankOptions } from "./spectrum.js";
export { alignmentAlong, type VectorAlignment } from "./noise-strength/directional.js";
export { noiseCovariance, type NoiseCovariance } from "./noise-strength/covariance.js";
export { decoupling, decouplingSpectra, type Decoupling, type DecouplingSpectra } from "./noise-strength/decoupling.js";
export type { Estimate } from "./noise-strength/estimate.js";
export { fitNoiseStrength, type NoiseStrengthFit } from "./noise-strength/fit.js";
export { sampledAlignment, type SampledAlignment } from "./noise-strength/sampled-alignment.js";
export { logLossPower } from "./noise-strength/log-loss-power.js";
export { noiseWeights, type Batches, type NoiseWeights, type Sampling } from "./noise-strength/sampling.js";
export {
  noiseStrength,
  noiseStrengthFromNorms,
  type GramNoiseStrength,
  type NoiseStrength,
} from "./noise-strength/strength.js";
export {
  expectedImbalanceStep,
  rescalingBalance,
  type RescalingBalance,
  type RescalingGroups,
} from "./symmetry/rescaling-balance.js";
