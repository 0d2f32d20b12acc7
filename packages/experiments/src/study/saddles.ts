import type { JobHooks } from "./job-hooks.js";
import { modeTrainingStudy, type ModeTrainingRecord, type ModeTrainingTask } from "./mode-training.js";
import { modeWalkStudy, type ModeWalkRecord, type ModeWalkTask } from "./mode-walks.js";
import { staircaseStudy, type StaircaseRecord, type StaircaseTask } from "./staircase.js";

/** One part of SGD on deep linear networks. */
export type SaddlesTask = ModeTrainingTask | ModeWalkTask | StaircaseTask;
export type SaddlesRecord = ModeTrainingRecord | ModeWalkRecord | StaircaseRecord;

/** @internal See `study`. */
export function saddlesStudy(task: SaddlesTask, hooks: JobHooks): AsyncGenerator<SaddlesRecord> {
  switch (task.part) {
    case "training":
      return modeTrainingStudy(task, hooks);
    case "staircase":
      return staircaseStudy(task, hooks);
    default:
      return modeWalkStudy(task, hooks);
  }
}
