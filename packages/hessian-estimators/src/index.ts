export { assertDeterministic, assertSymmetric } from "./checks.js";
export { confidenceInterval, type ConfidenceInterval } from "./confidence.js";
export { HessianEstimatorsError, type HessianEstimatorsErrorCode } from "./errors.js";
export { denseMatrix, exactNorm, exactTrace, exactTraceAndNorm, type DenseMatrix, type TraceAndNorm } from "./exact.js";
export { deflatedNorm } from "./norm/deflated.js";
export { hutchinsonNorm } from "./norm/hutchinson.js";
export type {
  Estimate,
  LinearOperator,
  LongOptions,
  Progress,
  Randomness,
  ResumableOptions,
  SampledEstimate,
} from "./operator.js";
export { decodeState, encodeState, type EstimatorState, type StateValue } from "./state.js";
export { topEigenpairs } from "./spectrum/lanczos.js";
export type { Eigenpairs, EigenpairsOptions, RitzProgress } from "./spectrum/options.js";
export type { Which } from "./spectrum/wanted.js";
export { traceAndNorm, type TraceAndNormOptions } from "./trace-and-norm/index.js";
export type { DeflatedOptions, ProbeOptions } from "./trace-and-norm/options.js";
export { hutchinsonTrace } from "./trace/hutchinson.js";
export { hutchPlusPlusTrace } from "./trace/meyer2020hutch.js";
export {
  lanczosQuadrature,
  type LanczosQuadrature,
  type LanczosQuadratureOptions,
  type QuadratureRun,
} from "./density/ghorbani2019slq.js";
export { spectralDensity, type SpectralDensity } from "./density/spectral-density.js";
export { traceOfFunction } from "./functions/trace-of-function.js";
export { hutchinsonDiagonal, type DiagonalEstimate, type DiagonalOptions } from "./diagonal/bekas2007.js";
export { xDiagonal } from "./diagonal/epperly2024xdiag.js";
export { xTrace, type XTraceOptions } from "./trace/epperly2024xtrace.js";
export { curvature } from "./curvature/index.js";
export type { Curvature, CurvatureOptions, RitzPairs } from "./curvature/types.js";
export { checkMoments, spectralMoments, type MomentCheck, type MomentComparison } from "./density/moments.js";
export { estimateTraceOfFunction, type TraceOfFunctionOptions } from "./functions/adaptive.js";
export { entropyRank, participationRatio, stableRank } from "./functions/effective-rank.js";
export { effectiveDimension, logDeterminant } from "./functions/log-determinant.js";
export { differenceOf, deflated, linearCombination, scaled, shifted, sumOf } from "./operator/arithmetic.js";
export { counted, denseOperator, diagonalOperator, type CountedOperator } from "./operator/matrix.js";
export { layerBlocks, rangeBlock, submatrix } from "./operator/restrict.js";
export type { GaussNewtonSplit } from "./gauss-newton/comparison.js";
export { gaussNewtonSplit, type GaussNewtonOptions } from "./gauss-newton/split.js";
export {
  measureCurvature,
  type CurvatureSource,
  type MeasuredCurvature,
  type MeasureOptions,
} from "./choice/measure.js";
export { averageCaseQuadratic, averageCaseSharpness } from "./sharpness/average-case.js";
export type { AverageCaseOptions, AverageCaseSharpness } from "./sharpness/average-case.js";
export { quadraticModel, type DifferentiableLoss, type LossFunction } from "./sharpness/loss.js";
export { worstCaseQuadratic, type WorstCaseOptions, type WorstCaseStep } from "./sharpness/trust-region.js";
export { keskarSharpness, worstCaseSharpness } from "./sharpness/worst-case.js";
export type { WorstCaseSharpness, WorstCaseSharpnessOptions } from "./sharpness/worst-case.js";
