export type { Activation } from "./activation.js";
export { asDataset, type Dataset } from "./data/dataset.js";
export { gaussianInputs, uniformOnSphere } from "./data/inputs.js";
export { linearTeacher, reluTeacher, type Teacher } from "./data/teachers.js";
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
export { twoLayerTanh, type TwoLayerTanh, type TwoLayerTanhOptions } from "./models/two-layer-tanh.js";
export { twoLayerRelu, type TwoLayerRelu, type TwoLayerReluOptions } from "./models/two-layer-relu.js";
export { rescaleLayers, type RescaledParameters } from "./rescaling.js";
export { diagonalLinearBalance, diagonalLinearTrace } from "./trace/diagonal-linear.js";
export { pathNorm, twoLayerReluTrace } from "./trace/two-layer-relu.js";
