export { startWorkers, type MapOptions, type RunOptions, type Workers, type WorkersOptions } from "./workers/pool.js";
export type { Job, JobContext, JobModule } from "./workers/protocol.js";
export { environmentOfWorkers } from "./workers/environment.js";
