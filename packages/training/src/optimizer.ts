import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import type { TrainingSettings } from "./task.js";

/** The optimizer of a training as the stability theory names it. */
export const optimizerOfTask = ({ momentum }: Pick<TrainingSettings, "momentum">): Optimizer =>
  momentum === 0 ? { kind: "sgd" } : { kind: "heavy-ball", momentum };
