export { decoupledOptimizerThreshold } from "./optimizers/decoupled.js";
export { optimizerGrowth } from "./optimizers/growth.js";
export { isPlainSgd, meanEdge, type Optimizer } from "./optimizers/optimizer.js";
export { optimizerThreshold } from "./optimizers/threshold.js";
