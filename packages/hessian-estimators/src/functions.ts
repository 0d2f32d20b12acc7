export { traceOfFunction } from "./functions/trace-of-function.js";
export { estimateTraceOfFunction, type TraceOfFunctionOptions } from "./functions/adaptive.js";
export { entropyRank, participationRatio, stableRank } from "./functions/effective-rank.js";
export { effectiveDimension, logDeterminant } from "./functions/log-determinant.js";
