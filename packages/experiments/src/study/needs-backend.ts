import { isClosedForm } from "@sgdscope/training";
import type { StudyKind, StudyTasks } from "./studies.js";

/** Whether a job trains a network and so needs a prepared TensorFlow.js backend; closed forms compute in Float64. */
export const needsBackend = (task: StudyTasks[StudyKind]): boolean =>
  !isClosedForm("start" in task ? task.start : task);
