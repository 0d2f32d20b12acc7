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
export { hutchinsonDiagonal, type DiagonalEstimate, type DiagonalOptions } from "./diagonal/bekas2007.js";
export { diagonalIntervals } from "./diagonal/intervals.js";
export { xDiagonal } from "./diagonal/epperly2024xdiag.js";
export { xTrace, type XTraceOptions } from "./trace/epperly2024xtrace.js";
export { curvature } from "./curvature/index.js";
export type { Curvature, CurvatureOptions, RitzPairs } from "./curvature/types.js";
export type { GaussNewtonSplit } from "./gauss-newton/comparison.js";
export { gaussNewtonSplit, type GaussNewtonOptions } from "./gauss-newton/split.js";
export {
  measureCurvature,
  type CurvatureSource,
  type MeasuredCurvature,
  type MeasureOptions,
} from "./choice/measure.js";
