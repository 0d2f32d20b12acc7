export { RunsError, isStorageFault, storageError, type RunsErrorCode } from "./errors.js";
export { wholeLines } from "./folder/lines.js";
export { expectWritable, makeFolder, placeFile, removeLeftovers } from "./folder/place.js";
export { parseRunFile, readRunFile, type RunFile, type RunState } from "./folder/run-file.js";
export { openRun, type Ending, type OpenRunOptions, type RunFolder } from "./folder/run-folder.js";
export { lockFiles, type Ended } from "./locks/lock-files.js";
export { isAlive } from "./locks/owner.js";
export {
  lockRun,
  runLocks,
  type Attempt,
  type LockedRun,
  type RunLock,
  type RunLocks,
  type RunLocksOptions,
} from "./locks/run-locks.js";
export { canonicalJson, runId } from "./run-id.js";
export { explainIssues, faultText, type Fault } from "./schema/explain.js";
export { nearest } from "./schema/nearest.js";
export { jobStore, type JobStore } from "./store/job-store.js";
