export type { Activation } from "./activation.js";
export { asDataset, type Dataset } from "./data/dataset.js";
export { gaussianInputs, uniformOnSphere } from "./data/inputs.js";
export { linearTeacher, reluTeacher, type Teacher } from "./data/teachers.js";
export { driftDiffusion, type DriftDiffusion } from "./deep-linear/drift-diffusion.js";
export { eulerMaruyama, type EulerMaruyamaOptions } from "./deep-linear/euler-maruyama.js";
export { twoLayerFlow, twoLayerTimeTo, type TwoLayerMode } from "./deep-linear/gradient-flow.js";
export {
  diffusionPeak,
  modeDynamics,
  type DeepLinearMode,
  type ItoProcess,
  type ModeDynamics,
} from "./deep-linear/mode-dynamics.js";
export { alignedStart, layerImbalance, modesOf, type TeacherBases } from "./deep-linear/modes.js";
export { boltzmannVariance, stationaryLaw, type StationaryLaw } from "./deep-linear/stationary-law.js";
export { trainModes, type ModeHistory, type TrainModesOptions } from "./deep-linear/train-modes.js";
export { erf } from "./erf.js";
export { ModelsRfmError, type ModelsRfmErrorCode } from "./errors.js";
export {
  randomFeatureKernel,
  type RandomFeatureKernel,
  type RandomFeatureKernelOptions,
} from "./kernels/random-feature-kernel.js";
export { leastSquares, type LeastSquares } from "./least-squares.js";
export type { ClosedFormModel, GramSystem, Random } from "./model.js";
export { deepLinear, type DeepLinear, type DeepLinearOptions } from "./models/deep-linear.js";
export { diagonalLinear, type DiagonalLinear, type DiagonalLinearOptions } from "./models/diagonal-linear.js";
export { linearRegression, type LinearRegression, type LinearRegressionOptions } from "./models/linear-regression.js";
export {
  randomFeatures,
  type DirectionLaw,
  type RandomFeatures,
  type RandomFeaturesOptions,
} from "./models/random-features.js";
export { twoLayerRelu, type TwoLayerRelu, type TwoLayerReluOptions } from "./models/two-layer-relu.js";
export { decoupledGradientNoise } from "./perceptron/decoupled-noise.js";
export { depletedData, type DepletedDataOptions, type LabelledInputs } from "./perceptron/depleted-data.js";
export {
  featureTemperatureExponent,
  kernelChange,
  kernelRegimeExponent,
  regimeTemperature,
} from "./perceptron/regimes.js";
export { scaledHinge, type ScaledHinge, type ScaledHingeOptions } from "./perceptron/scaled-hinge.js";
export {
  depletedRatioExponent,
  trainPerceptron,
  type PerceptronFit,
  type TrainPerceptronOptions,
} from "./perceptron/train-perceptron.js";
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
export { rescaleLayers, type RescaledParameters } from "./rescaling.js";
export { diagonalLinearBalance, diagonalLinearTrace } from "./trace/diagonal-linear.js";
export { pathNorm, twoLayerReluTrace } from "./trace/two-layer-relu.js";
