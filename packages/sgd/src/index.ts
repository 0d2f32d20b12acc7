export { SgdError, type SgdErrorCode } from "./error.js";
export { sampler, restoreSampler, type Random, type Sampler, type SamplerState, type Sampling } from "./sampler.js";
export { warmUp, type Schedule } from "./schedule.js";
export type { StoppingRule } from "./stopping.js";
export type { NamedArray, StepOptions, Trainee } from "./trainee.js";
export { vectorTrainee, type VectorProblem, type VectorTrainee } from "./trainee/vector.js";
export {
  interpolation,
  train,
  training,
  type Checkpoint,
  type CheckpointState,
  type LossRecord,
  type ProbeRecord,
  type StopReason,
  type TrainOptions,
  type TrainResult,
  type Training,
} from "./train.js";
