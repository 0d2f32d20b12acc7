import { cloudStudy, type CloudRecord, type CloudTask } from "./clouds.js";
import { featuresStudy, type FeaturesRecord, type FeaturesTask } from "./feature-clouds.js";
import type { JobHooks } from "./job-hooks.js";
import { tailStudy, type TailRecord, type TailTask } from "./tails.js";

/** One part of what is said of the strength of minibatch noise. */
export type MinibatchTask = CloudTask | FeaturesTask | TailTask;
export type MinibatchRecord = CloudRecord | FeaturesRecord | TailRecord;

/** @internal See `study`. */
export function minibatchStudy(task: MinibatchTask, hooks: JobHooks): AsyncGenerator<MinibatchRecord> {
  switch (task.part) {
    case "cloud":
      return cloudStudy(task, hooks);
    case "features":
      return featuresStudy(task, hooks);
    case "tail":
      return tailStudy(task, hooks);
  }
}
