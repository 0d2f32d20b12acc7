export { optimizerGrowth } from "./optimizers/growth.js";
export { meanEdge, type Optimizer } from "./optimizers/optimizer.js";
export { optimizerThreshold } from "./optimizers/threshold.js";
