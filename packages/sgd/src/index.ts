export { SgdError, type SgdErrorCode } from "./errors.js";
export {
  optimizerKinds,
  type Adam,
  type Ire,
  type Momentum,
  type Optimizer,
  type RmsProp,
  type Sam,
} from "./optimizers/optimizer.js";
export { preconditionerOf } from "./optimizers/preconditioner.js";
export { updateOf } from "./optimizers/update.js";
export { sampler, restoreSampler, type Random, type Sampler, type SamplerState, type Sampling } from "./sampler.js";
export { warmUp, type Schedule } from "./schedule.js";
export type { StoppingRule } from "./stopping.js";
export type { StateArray, StepOptions, Trainee } from "./trainee.js";
export { vectorTrainee, type VectorProblem, type VectorTrainee } from "./trainee/vector.js";
export { interpolation, train, training } from "./train/train.js";
export type {
  Checkpoint,
  CheckpointState,
  LossRecord,
  ProbeRecord,
  StopReason,
  TrainOptions,
  TrainResult,
  Training,
} from "./train/types.js";
