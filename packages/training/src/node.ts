export { formatCheckpoint, parseCheckpoint } from "./checkpoint-file.js";
export { checkRecord } from "./record-schema.js";
export { checkpointExtension, parametersFile, trainInFolder, type FolderHooks } from "./run-in-folder.js";
export { taskOfSettings, type TrainingSettingsInput } from "./settings.js";
export {
  minimumOfRun,
  preconditionedMinimumOfRun,
  openStoredRun,
  readTrainingRun,
  type StoredRun,
  type TrainingRun,
} from "./stored-run.js";
