import type { JobHooks } from "./job-hooks.js";
import { networkStudy, type NetworkRecord, type NetworkTask } from "./network-clouds.js";
import { quadraticStudy, type QuadraticRecord, type QuadraticTask } from "./quadratic-clouds.js";

/** Where SGD settles, on a quadratic or at a minimum of a network. */
export type FluctuationTask = QuadraticTask | NetworkTask;
export type FluctuationRecord = QuadraticRecord | NetworkRecord;

/** @internal See `study`. */
export const fluctuationStudy = (task: FluctuationTask, hooks: JobHooks): AsyncGenerator<FluctuationRecord> =>
  task.part === "quadratic" ? quadraticStudy(task, hooks) : networkStudy(task, hooks);
