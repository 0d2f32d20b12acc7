import type { CompleteOptimizer } from "../optimizer.js";
import { baseOf } from "../sam.js";
import { adamStep } from "./adam.js";
import { ireStep } from "./ire.js";
import { momentumStep } from "./momentum.js";
import { rmsPropStep } from "./rmsprop.js";
import type { TensorStep } from "./types.js";

/** A step of any optimizer on tensors, of SAM with the gradient of the perturbed point. */
export const stepTensors: TensorStep<CompleteOptimizer> = (optimizer, ...rest) => {
  if (optimizer.kind === "sam") return stepTensors(baseOf(optimizer), ...rest);
  if (optimizer.kind === "ire") return ireStep(optimizer, ...rest);
  if (optimizer.kind === "adam") return adamStep(optimizer, ...rest);
  return optimizer.kind === "rmsprop" ? rmsPropStep(optimizer, ...rest) : momentumStep(optimizer, ...rest);
};
