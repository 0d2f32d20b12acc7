export { datasetOf } from "./data.js";
export { dataDefaults, lossBelowOfLogits, modelDefaults, trainingDefaults, trainingLosses } from "./defaults.js";
export { TrainingError, type TrainingErrorCode } from "./errors.js";
export { imageShape, imagesOf, targetsOf, type ImageSource } from "./images.js";
export { alignmentOf, frobeniusHOf, longestExampleGradient, minimumReached, summaryAt } from "./measure.js";
export { frozenOptimizer, judgedOptimizer, optimizerOfTask, withoutThreshold } from "./optimizer.js";
export { expectProbes, probesOf, type ProbeOptions, type ProbeSummary } from "./probe/along-training.js";
export { optimizerMinimum } from "./probe/margin.js";
export type { MetricRecord, ProbeId, ProbeNumbers } from "./probe/numbers.js";
export type { ProbeSchedule } from "./probe/schedule.js";
export type {
  AlignmentRecord,
  Estimate,
  FrozenMeasurement,
  LearnedFunction,
  MinimumMeasurement,
  MinimumRecord,
} from "./record.js";
export { runMinimumTask, trainSubject, type FinishedTask, type RunHooks } from "./run-task.js";
export { examplesOfTask, leastLossOf, outputLossOf, traineeLossOf } from "./loss.js";
export { isClosedForm, openSubject, type Subject } from "./subject.js";
export type {
  ClosedFormConfig,
  ClosedFormTask,
  DataSpec,
  MinimumTask,
  ProblemSpec,
  TrainingLoss,
  TrainingSettings,
  TrainingTask,
} from "./task.js";
export type { ClosedFormProblem } from "./closed-form.js";
export { upgradedRecord } from "./upgrade.js";
