import type { Optimizer } from "@sgdscope/stability-criterion/optimizers";
import type { TrainingSettings } from "./task.js";

/** The optimizer of a training as the stability theory names it. */
export const optimizerOfTask = ({ momentum, nesterov }: Pick<TrainingSettings, "momentum" | "nesterov">): Optimizer =>
  momentum === 0 ? { kind: "sgd" } : { kind: nesterov === true ? "nesterov" : "heavy-ball", momentum };
