export { boundClaim, boundTasks, type BoundOptions } from "./bound-tasks.js";
export type { Claim, Figure, Finished, Job, Preset, Scope, Table } from "./claim.js";
export { claimNamed, claims } from "./claims/all.js";
export { boundBands, judgeBound } from "./claims/image-bands.js";
export type { Acceptance, Compared, Control, StatementKind } from "./judge.js";
export { runClaim } from "./run-claim.js";
export type { AblationRecord, AblationTask } from "./study/ablation.js";
export type { DiagramRecord, DiagramTask } from "./study/diagram.js";
export type { EscapeRecord, EscapeTask } from "./study/escape.js";
export {
  predict,
  trialDefaults,
  tryPrediction,
  type Condition,
  type Prediction,
  type PredictionRecord,
  type PredictionTask,
  type Trial,
  type TrialOptions,
} from "./study/prediction.js";
export { needsBackend } from "./study/needs-backend.js";
export { study, type JobHooks, type StudyKind, type StudyRecords, type StudyTasks } from "./study/studies.js";
export { upgradedStudyRecord } from "./upgrade.js";
