export { epochShuffleVariance } from "./stationary/epoch-shuffle.js";
export { lossFloor } from "./growth/split-residuals.js";
export { heavyBallLearningRate, learningRateForVariance, momentumEdge } from "./stationary/heavy-ball.js";
export {
  stationaryCovarianceWithMomentum,
  type MomentumCovariance,
  type MomentumDynamics,
  type StationaryMethod,
} from "./stationary/momentum.js";
export { regularMinimum, type RegularMinimum } from "./stationary/regular-minimum.js";
export { stationaryCovariance, type StationaryCovariance } from "./stationary/mulayoff2024covariance.js";
