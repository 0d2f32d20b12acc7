export { canonicalJson, runId } from "./canonical.js";
export type { Claim, Engine, Outcome } from "./engine/engine.js";
export { folderEngine, type FolderEngine, type FolderEngineOptions } from "./engine/folder.js";
export { SweepError, isStorageFault, type SweepErrorCode } from "./errors.js";
export { explainIssues } from "./explain.js";
export { placeFile } from "./folder/place.js";
export { readRunFile, type RunFile, type RunState } from "./folder/run-file.js";
export { openRun, type Ending, type OpenRunOptions, type RunFolder } from "./folder/run-folder.js";
export { checkGrid, gridPoints, parseGrid } from "./grid/grid.js";
export { gridSchema, type Grid, type GridInput } from "./grid/schema.js";
export { nearest } from "./nearest.js";
export { indexFromEnvironment, lineOf, planFile, planRuns, readPlan, writePlan, type PlannedRun } from "./plan.js";
export { maxArraySizeOf, slurmArrays, slurmScript, type SlurmArray, type SlurmScriptOptions } from "./slurm.js";
export { doneRuns, retryRuns, sweepStatus, sweepTime, type Progress, type RunStatus } from "./status.js";
export {
  runsFolder,
  work,
  type RunContext,
  type RunFunction,
  type WorkEvent,
  type WorkOptions,
  type WorkSummary,
} from "./work.js";
