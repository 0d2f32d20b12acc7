import { isClosedForm } from "@sgdscope/training";
import type { StudyKind, StudyTasks } from "./studies.js";

/** Whether a job trains a network and so needs a prepared TensorFlow.js backend; closed forms and simulations compute in Float64. */
export function needsBackend(task: StudyTasks[StudyKind]): boolean {
  const training = "start" in task ? task.start : "model" in task ? task : undefined;
  return training !== undefined && !isClosedForm(training);
}
