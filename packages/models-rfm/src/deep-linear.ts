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
