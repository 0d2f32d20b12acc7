export { regressionCriticalLearningRate } from "./regression/critical-learning-rate.js";
export { decoupledTrainingVariance, type DecoupledOptions } from "./regression/decoupled.js";
export type { GaussianRegression } from "./regression/design.js";
export {
  dampedNewtonVariance,
  naturalGradientVariance,
  type PreconditionedOptions,
} from "./regression/preconditioned.js";
export {
  regressionStationary,
  type RegressionStationary,
  type RegressionStationaryOptions,
} from "./regression/stationary.js";
export {
  optimalWeightDecay,
  weightDecayStationary,
  type WeightDecayOptions,
  type WeightDecayStationary,
} from "./regression/weight-decay.js";
