export type { Claim, Figure, Finished, Job, Preset, Scope, Table } from "./claim.js";
export { claimNamed, claims } from "./claims/all.js";
export { boundBands, judgeBound } from "./claims/image-bands.js";
export { diagramAxes, type DiagramAxes, type LearningRateRange } from "./diagram/axes.js";
export { criticalCurves, diagramCriteria, type CriticalCurve } from "./diagram/critical-curves.js";
export { growthRates, type GrowthRecord } from "./diagram/growth-rates.js";
export { alignmentFigure } from "./figure/alignment.js";
export { boundFigure } from "./figure/bound.js";
export { chart, type ChartAxis, type ChartOptions, type ChartPrediction, type ChartSeries } from "./figure/chart.js";
export { diagramFigure, type DiagramFigureData } from "./figure/diagram.js";
export { edgeFigure } from "./figure/edge.js";
export type { Canvas } from "./figure/theme.js";
export type { Acceptance } from "./judge.js";
export { runClaim } from "./run-claim.js";
export { boundClaim, boundTasks, type BoundOptions } from "./run/bound-tasks.js";
export { datasetOf } from "./run/data.js";
export type { ImageSource } from "./run/images.js";
export { float32RankTolerance, measureAlignment, measureMinimum } from "./run/measure.js";
export type { AlignmentRecord, Estimate, LearnedFunction, MinimumMeasurement, MinimumRecord } from "./run/record.js";
export { runMinimumTask, type FinishedTask, type RunHooks } from "./run/run-task.js";
export type {
  ClosedFormConfig,
  ClosedFormTask,
  DataSpec,
  MinimumTask,
  ProblemSpec,
  TrainingSettings,
  TrainingTask,
} from "./run/task.js";
export type { AblationRecord, AblationTask } from "./study/ablation.js";
export type { DiagramRecord, DiagramTask } from "./study/diagram.js";
export type { EscapeRecord, EscapeTask } from "./study/escape.js";
export { needsBackend } from "./study/needs-backend.js";
export { study, type JobHooks, type StudyKind, type StudyRecords, type StudyTasks } from "./study/studies.js";
