export { prepareBackend, type BackendName, type BackendReport } from "./backend/prepare.js";
export { ComputeError, type ComputeErrorCode } from "./errors.js";
export { assertGradients } from "./gradients.js";
