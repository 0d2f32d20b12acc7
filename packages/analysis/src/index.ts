export { analyse, analyseSync, type AnalysableMinimum, type AnalyseOptions } from "./analyse.js";
export type { BoundJudgement, ConditionAnalysis, MinimumAnalysis, OutputLossAnalysis, Verdict } from "./analysis.js";
export { compareThresholds, type Comparison } from "./comparison.js";
export { decideConditions, type Conditions, type ConditionsRequest, type JudgedMinimum } from "./conditions.js";
export { diagramAxes, type DiagramAxes, type LearningRateRange } from "./diagram/axes.js";
export {
  criticalCurves,
  diagramCriteria,
  type CriticalCurve,
  type OptimizerCurveId,
} from "./diagram/critical-curves.js";
export { growthRates, type GrowthRecord } from "./diagram/growth-rates.js";
export { phaseDiagram, type PhaseDiagram, type PhaseDiagramOptions } from "./diagram/phase-diagram.js";
export { analysisDocument, lossConvention } from "./document.js";
export { AnalysisError, type AnalysisErrorCode } from "./errors.js";
export { analyseInterval, type ConditionInterval, type IntervalAnalysis, type IntervalOptions } from "./interval.js";
export { lossMarks } from "./loss-marks.js";
export { mark, type Mark, type MarkId } from "./marks.js";
export {
  rankToleranceOf,
  type LossAtPoint,
  type LossName,
  type Minimum,
  type Precision,
  type Reached,
} from "./minimum.js";
export { minimumOfArrays, type MinimumArrays, type ReadMinimum } from "./sources/arrays.js";
export { minimumOfCapture, type ReadCapture } from "./sources/capture/capture.js";
export { captureSchema, type CapturedOptimizer, type CaptureMetadata } from "./sources/capture/metadata.js";
export { lossOfMinimum, type LossArrays } from "./sources/loss-arrays.js";
export { examplesOfArrays, type ExampleShapes, type ReadExamples } from "./sources/examples.js";
export type { ShapeNote } from "./sources/shapes.js";
export { gaussianDesignMinimum } from "./sources/gaussian-design.js";
export { precisionOf } from "./sources/precision.js";
export { minimumSummary, type MinimumSummary } from "./summary.js";
export { prepareInUnits, type MinimumInUnits } from "./units.js";
export { edgeRatioOf, edgesOf, stabilityVerdict, type Edges, type StabilityVerdict } from "./verdict.js";
