export { assertDeterministic, assertSymmetric } from "./checks.js";
export { confidenceInterval, type ConfidenceInterval } from "./confidence.js";
export { HessianEstimatorsError, type HessianEstimatorsErrorCode } from "./errors.js";
export { denseMatrix, exactNorm, exactTrace, exactTraceAndNorm, type DenseMatrix, type TraceAndNorm } from "./exact.js";
export { deflatedNorm } from "./norm/deflated.js";
export { hutchinsonNorm } from "./norm/hutchinson.js";
export type { Estimate, LinearOperator, LongOptions, Progress, SampledEstimate } from "./operator.js";
export { topEigenpairs, type Eigenpairs, type EigenpairsOptions, type RitzProgress } from "./spectrum/lanczos.js";
export type { Which } from "./spectrum/wanted.js";
export { traceAndNorm, type TraceAndNormOptions } from "./trace-and-norm/index.js";
export type { DeflatedOptions, ProbeOptions } from "./trace-and-norm/options.js";
export { hutchinsonTrace } from "./trace/hutchinson.js";
export { hutchPlusPlusTrace } from "./trace/meyer2020hutch.js";
export {
  lanczosQuadrature,
  spectralDensity,
  traceOfFunction,
  type LanczosQuadrature,
  type LanczosQuadratureOptions,
  type QuadratureRun,
  type SpectralDensity,
} from "./density/ghorbani2019slq.js";
export { hutchinsonDiagonal, type DiagonalEstimate, type DiagonalOptions } from "./diagonal/bekas2007.js";
