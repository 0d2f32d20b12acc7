export {
  noiseAblation,
  noiseModelStability,
  type NoiseModel,
  type NoiseModelStability,
} from "./ablation/noise-models.js";
export { logBasinWeight } from "./escape/boltzmann.js";
export {
  decoupledGrowth,
  escapeDirections,
  outsideRatio,
  type DecoupledGrowth,
  type EscapeDirections,
} from "./escape/directions.js";
export { finiteLearningRateEscape, type FiniteLearningRateEscape } from "./escape/finite-learning-rate.js";
export { meanFirstPassageTime, type FirstPassageTime } from "./escape/first-passage.js";
export { boltzmannNoise, crossoverNoise, laplaceOdds, type Well } from "./escape/jastrzebski2017two-wells.js";
export {
  criticalDimension,
  escapeRate,
  logBarrier,
  logLossTemperature,
  quasiStationaryExponent,
  type EscapeRate,
  type EscapeRoute,
  type LogLossDynamics,
} from "./escape/mori2022power-law.js";
