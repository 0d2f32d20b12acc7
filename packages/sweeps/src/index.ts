export type { Engine, Lease, Outcome } from "./engine/engine.js";
export { folderEngine, runsFolder, type FolderEngine, type FolderEngineOptions } from "./engine/folder.js";
export { SweepError, type SweepErrorCode } from "./errors.js";
export { checkGrid, gridPoints, parseGrid } from "./grid/grid.js";
export { gridSchema, type Grid, type GridInput } from "./grid/schema.js";
export {
  indexFromEnvironment,
  lineOf,
  parsePlan,
  planFile,
  planRuns,
  readPlan,
  writePlan,
  type PlannedRun,
} from "./plan.js";
export {
  maxArraySizeOf,
  shellWord,
  slurmArrays,
  slurmScript,
  type SlurmArray,
  type SlurmScriptOptions,
} from "./slurm.js";
export { doneRuns, retryRuns, sweepStatus, sweepTime, type Progress, type RunStatus } from "./status.js";
export { work, type RunContext, type RunFunction, type WorkEvent, type WorkOptions, type WorkSummary } from "./work.js";
