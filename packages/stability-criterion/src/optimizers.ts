export { decoupledOptimizerThreshold } from "./optimizers/decoupled.js";
export { optimizerGrowth } from "./optimizers/growth.js";
export { isPlainSgd, meanEdge, type Optimizer } from "./optimizers/optimizer.js";
export { samEdge } from "./optimizers/sam.js";
export { optimizerThreshold } from "./optimizers/threshold.js";
