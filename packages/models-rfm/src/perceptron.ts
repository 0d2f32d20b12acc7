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
