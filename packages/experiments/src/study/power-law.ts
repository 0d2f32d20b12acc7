import { barriersStudy, type BarriersRecord, type BarriersTask } from "./barriers.js";
import type { JobHooks } from "./job-hooks.js";
import { strengthStudy, type StrengthRecord, type StrengthTask } from "./noise-strength.js";
import { walksStudy, type WalksRecord, type WalksTask } from "./walks.js";

/** One part of what the power law of escape is made of. */
export type PowerLawTask = StrengthTask | WalksTask | BarriersTask;
export type PowerLawRecord = StrengthRecord | WalksRecord | BarriersRecord;

/** @internal See `study`. */
export function powerLawStudy(task: PowerLawTask, hooks: JobHooks): AsyncGenerator<PowerLawRecord> {
  switch (task.part) {
    case "strength":
      return strengthStudy(task, hooks);
    case "walks":
      return walksStudy(task, hooks);
    case "barriers":
      return barriersStudy(task);
  }
}
