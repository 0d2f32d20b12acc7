export { batchSource } from "./simulation/batches.js";
export { lyapunovExponent, type PathExponentEstimate } from "./simulation/lyapunov.js";
export { simulateResiduals, type ResidualPath } from "./simulation/residuals.js";
