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
