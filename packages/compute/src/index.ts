export { BACKENDS, type BackendName } from "./backend/packages.js";
export { prepareBackend, type BackendReport, type PrepareOptions } from "./backend/prepare.js";
export { ComputeError, type ComputeErrorCode } from "./errors.js";
export { assertGradients } from "./gradients/assert.js";
export {
  describeEnvironment,
  type BackendStatus,
  type Environment,
  type EnvironmentOptions,
} from "./measure/environment.js";
export { measureThroughput, type Throughput, type ThroughputOptions } from "./measure/throughput.js";
