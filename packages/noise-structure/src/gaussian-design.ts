export {
  gaussianAlignmentAlong,
  gaussianNoise,
  type GaussianDesign,
  type GaussianNoise,
} from "./gaussian-design/design.js";
export { effectiveDimension } from "./gaussian-design/effective-dimension.js";
export { gaussianMinibatchCovariance } from "./gaussian-design/minibatch.js";
export { oneDimensionalDensity, type OneDimensionalDensity } from "./gaussian-design/one-dimensional-density.js";
export {
  gaussianRegularizedLoss,
  gaussianStationary,
  type GaussianDynamics,
  type GaussianStationary,
} from "./gaussian-design/stationary.js";
export { minimumNoise, type Minimum, type MinimumKind } from "./gaussian-design/three-minima.js";
